"""Photos of experts: sent, shown wherever the expert is named, replaced, taken away; and what cannot be one."""

import asyncio
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from PIL import Image

from mentorinaja.contents.portraits import squares
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.experts import photos
from mentorinaja.experts.photos import NAMES, SIDES, BadPhoto, PhotoUnkept
from mentorinaja.storage import Storage, StorageDown
from mentorinaja.web.parts import SentFile
from tests.support import files
from tests.support.bookings import book, browser_of, make_seller, make_user, pay, seller_browser, slot_in
from tests.support.config import make_settings
from tests.support.races import Meet
from tests.support.rooms import meet_now, room_path
from tests.support.site import Browser, Site

HERE = "/expert/dashboard/profil/foto"
PICTURES = squares(files.picture("JPEG", (300, 300)), list(SIDES))


async def send(browser: Browser, data: bytes, *, htmx: bool = False, token: str = "") -> int:
    """Send a photo from the page that the browser shows."""
    token = token or str(browser.page.css_first("main input[name=_csrf]").attributes["value"])
    browser.answer = await browser.client.post(
        HERE,
        files={"_csrf": (None, token), "photo": ("../wajah <b>.jpg", data, "image/jpeg")},
        headers={"HX-Request": "true"} if htmx else {},
    )
    return browser.answer.status_code


async def photo_of(db: Database, expert_id: int) -> UUID | None:
    found: UUID | None = await db.fetchval("SELECT photo_id FROM experts WHERE id = $1", expert_id)
    return found


def shown(browser: Browser, photo_id: UUID | None, selector: str = "") -> bool:
    return browser.page.css_first(f'{selector} picture img[src^="/foto/{photo_id}/"]') is not None


async def test_from_choosing_a_photo_to_seeing_it_everywhere_and_taking_it_away(site: Site) -> None:
    db, storage = site.db, site.resources.storage
    seller, buyer = await make_seller(db), await make_user(db)
    mentor, browser, visitor = (
        await seller_browser(site, seller),
        await browser_of(site, buyer),
        await browser_of(site, None),
    )
    await visitor.get("/")  # kept for all visitors until the bell rings
    assert not visitor.page.css("picture")
    await mentor.get("/expert/dashboard")
    assert "inisial Anda" in mentor.text and "Hapus foto" not in mentor.text

    assert await send(mentor, files.telling("JPEG", orientation=6, size=(900, 700))) == 303
    assert mentor.answer.headers["location"] == "/expert/dashboard#foto"
    first = await photo_of(db, seller.id)
    await mentor.get("/expert/dashboard")
    assert "Foto disimpan." in mentor.text and shown(mentor, first, "#foto")
    for name in NAMES:
        answer = await visitor.get(f"/foto/{first}/{name}")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == photos.MEDIA_TYPES[name.split(".")[1]]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        assert Image.open(io.BytesIO(answer.content)).size == (int(name.split(".")[0]),) * 2
        assert files.CAMERA.encode() not in answer.content
    for name in ("65.webp", "160.png", "160", "..", f"{first}"):
        assert (await visitor.get(f"/foto/{first}/{name}")).status_code == 404, name
    for wrong in (f"/foto/{uuid4()}/64.jpg", "/foto/1/64.jpg"):
        assert (await visitor.get(wrong)).status_code == 404

    public_id = await book(db, buyer, seller, await slot_in(db, days=2))
    for path in ("/", f"/expert/{seller.slug}", f"/expert/{seller.slug}/booking", "/user/transactions"):
        await browser.get(path)
        assert shown(browser, first), path
    await browser.get(f"/payment/{public_id}")
    assert shown(browser, first, "#payment")
    await pay(db, public_id)
    for path in (f"/user/transactions/{public_id}/cancel", f"/money/{public_id}"):
        await browser.get(path)
        assert shown(browser, first), path
    await mentor.get(f"/money/{public_id}")
    assert not mentor.page.css("picture"), "mentors see their buyer's initials"
    await visitor.get("/")
    assert shown(visitor, first, ".person")
    picture = visitor.page.css_first(".person img")
    assert {"width", "height", "loading", "alt"} <= set(picture.attributes) and not picture.attributes["alt"]

    await mentor.get(HERE)
    assert await send(mentor, files.picture("WEBP"), htmx=True) == 200
    assert mentor.page.css_first("html body header") is None and "Foto disimpan." in mentor.text
    second = await photo_of(db, seller.id)
    assert second != first and shown(mentor, second, "#foto")
    assert (await visitor.get(f"/foto/{first}/64.jpg")).status_code == 404
    assert await storage.read(f"photos/{first}/64.jpg") is None
    assert [row["id"] for row in await db.fetch("SELECT id FROM expert_photos")] == [second]

    await mentor.get(HERE)
    await mentor.submit(f"form[action='{HERE}/hapus']", follow=True)
    assert "Inisial Anda tampil lagi" in mentor.text and await photo_of(db, seller.id) is None
    assert (await visitor.get(f"/foto/{second}/64.jpg")).status_code == 404
    assert await db.fetchval("SELECT count(*) FROM expert_photos") == 0
    await photos.remove_photo(db, storage, seller.id)


async def test_in_the_room_the_expert_has_a_face(site: Site) -> None:
    meeting = await meet_now(site.db)
    assert meeting.expert.expert_id is not None
    photo = await photos.show_photo(site.db, site.resources.storage, meeting.expert.expert_id, PICTURES)
    for who, is_shown in ((meeting.user, True), (meeting.expert, False)):
        browser = await browser_of(site, who)
        await browser.get(room_path(meeting))
        assert browser.page.css_first("#messages") is not None and shown(browser, photo) is is_shown


async def test_what_cannot_be_a_photo_is_told_in_clear_words_and_the_old_one_stays(site: Site) -> None:
    db, seller = site.db, await make_seller(site.db)
    before = await photos.show_photo(db, site.resources.storage, seller.id, PICTURES)
    mentor = await seller_browser(site, seller)
    await mentor.get("/expert/dashboard")
    token = str(mentor.page.css_first("main input[name=_csrf]").attributes["value"])
    for data, status, words in (
        (b"", 422, "kosong"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "bukan foto JPEG, PNG, atau WebP"),
        (b"\0\0\0\x18ftypheic" + bytes(200), 422, "Simpan sebagai JPEG"),
        (b"GIF89a" + bytes(60), 422, "Gambar bergerak"),
        (files.png_bomb(), 422, "terlalu besar"),
        (files.picture("JPEG", (100, 100)), 422, "paling sedikit 160 piksel"),
        (files.picture("JPEG", (900, 900))[:5000], 422, "rusak"),
        (bytes(photos.MOST_BYTES + 1), 413, "paling besar 10 MB"),
    ):
        for htmx in (False, True) if status == 413 or not data else (False,):
            assert await send(mentor, data, htmx=htmx, token=token) == status, words
            field = mentor.page.css_first("#photo")
            assert words in mentor.text and field.attributes["aria-invalid"] == "true"
            assert "photo-error" in str(field.attributes["aria-describedby"])
            assert (mentor.page.css_first("header.bar") is None) is htmx
    answer = await mentor.client.post(HERE, data={"_csrf": token})
    assert answer.status_code == 422 and "Pilih fotonya dulu" in answer.text
    answer = await mentor.client.post(HERE, files={"_csrf": (None, token), "other": ("a.jpg", b"x")})
    assert answer.status_code == 413
    answer = await mentor.client.post(HERE, files={"photo": ("a.jpg", files.picture())})
    assert answer.status_code == 403
    assert await photo_of(db, seller.id) == before
    await db.execute("UPDATE rate_limits SET hits = 20 WHERE action = 'photo'")
    assert await send(mentor, files.picture(), token=token) == 429
    assert await photo_of(db, seller.id) == before


class Broken:
    """A store that is away from a call on."""

    def __init__(self, storage: Storage, puts: int) -> None:
        self._storage, self._puts = storage, puts

    async def put(self, key: str, data: bytes) -> None:
        self._puts -= 1
        if self._puts < 0:
            raise StorageDown
        await self._storage.put(key, data)

    async def remove(self, *keys: str) -> None:
        raise StorageDown


async def test_whatever_ends_in_between_leaves_nothing_for_long(site: Site) -> None:
    db, storage, seller = site.db, site.resources.storage, await make_seller(site.db)
    before = await photos.show_photo(db, storage, seller.id, PICTURES)
    away: Storage = Broken(storage, puts=3)  # type: ignore[assignment]  # as much of it as is called
    sent = files.picture("JPEG", (300, 300))
    with pytest.raises(PhotoUnkept):
        await photos.change_photo(db, away, seller.id, 1, SentFile("a", io.BytesIO(sent), len(sent)))
    assert await photo_of(db, seller.id) == before
    deaf: Storage = Broken(storage, puts=99)  # type: ignore[assignment]  # as above
    after = await photos.show_photo(db, deaf, seller.id, PICTURES)
    assert await photo_of(db, seller.id) == after != before
    assert await photos.read_photo(db, storage, before, "64.jpg") is None, (
        "no longer shown, though still there"
    )
    await site.sweep()
    assert await db.fetchval("SELECT count(*) FROM expert_photos") == 3
    await site.move_clock(timedelta(hours=2))
    await site.sweep()
    assert [row["id"] for row in await db.fetch("SELECT id FROM expert_photos")] == [after]
    assert await storage.read(f"photos/{before}/64.jpg") is None
    assert await storage.read(f"photos/{after}/64.jpg") is not None


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """A folder of the test's own."""
    store = Storage.open(make_settings("postgresql://nowhere", storage_url=f"file:{tmp_path}"))
    yield store
    store.close()


async def test_of_photos_sent_at_once_one_is_kept_and_nobody_shows_anothers(
    db: Database, storage: Storage, tmp_path: Path
) -> None:
    one, other = await make_seller(db), await make_seller(db, "Lain")
    made = await asyncio.gather(*(photos.show_photo(db, storage, one.id, PICTURES) for _ in range(6)))
    kept = await photo_of(db, one.id)
    assert kept in made
    assert [row["id"] for row in await db.fetch("SELECT id FROM expert_photos")] == [kept]
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(NAMES)
    with pytest.raises(BadPhoto):
        await photos.change_photo(db, storage, one.id, 1, None)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="experts_own_photo"):
        await db.execute(
            "UPDATE experts SET photo_id = $2 WHERE id = $1",
            other.id,
            await db.fetchval("INSERT INTO expert_photos (expert_id) VALUES ($1) RETURNING id", one.id),
        )


async def test_without_the_lock_a_photo_sent_at_once_is_left_behind(
    unchecked_db: Database, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, meet = unchecked_db, Meet(2)

    @atomic
    async def set_blindly(tx: Connection, expert_id: int, photo_id: UUID | None) -> UUID | None:
        before: UUID | None = await tx.fetchval("SELECT photo_id FROM experts WHERE id = $1", expert_id)
        await meet.wait()
        await tx.execute("UPDATE experts SET photo_id = $2 WHERE id = $1", expert_id, photo_id)
        return before

    monkeypatch.setattr(photos, "_set", set_blindly)
    one = await make_seller(db)
    await asyncio.gather(*(photos.show_photo(db, storage, one.id, PICTURES) for _ in range(2)))
    assert await db.fetchval("SELECT count(*) FROM expert_photos") == 2
