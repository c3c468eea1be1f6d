"""Files over real HTTP: sent with and without script, downloaded by the two, refused with the text kept."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from mentorinaja.contents.kinds import Document
from mentorinaja.db.pool import Database
from mentorinaja.rooms import files
from mentorinaja.web import bodies, parts
from tests.support import files as made
from tests.support.bookings import make_user
from tests.support.rooms import Meeting, enter_site, known_browser, meet_now, room_path
from tests.support.s3 import s3_server
from tests.support.site import Browser, Site, running_site

HTMX = {"HX-Request": "true"}
PDF = "application/pdf"


@pytest.fixture(autouse=True)
def nobody_uploads() -> Iterator[None]:
    yield
    assert not bodies._uploading


async def a_meeting(site: Site) -> Meeting:
    meeting = await meet_now(site.db)
    await meeting.begin()
    return meeting


async def upload(
    browser: Browser,
    meeting: Meeting,
    file: tuple[str, Any] | tuple[str, Any, str],
    *,
    text: str = "",
    client_id: UUID | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Post the composer of the page last shown, with a file."""
    form = browser.page.css_first("#composer")
    assert form is not None
    data = {"_csrf": token_of(browser), "client_id": str(client_id or uuid4()), "text": text}
    browser.answer = await browser.client.post(
        f"/session/{meeting.booking_id}/messages", data=data, files={"attachment": file}, headers=headers
    )
    return browser.answer


def token_of(browser: Browser) -> str:
    field = browser.page.css_first("input[name=_csrf]")
    assert field is not None
    return field.attributes.get("value") or ""


def one(html: str, selector: str) -> Any:
    found = HTMLParser(html).css_first(selector)
    assert found is not None, f"no {selector}"
    return found


async def test_a_file_is_sent_and_read_without_script(site: Site) -> None:
    meeting = await a_meeting(site)
    user, expert = (
        await enter_site(site, meeting, meeting.user),
        await enter_site(site, meeting, meeting.expert),
    )
    data = made.pdf(2)
    answer = await upload(user, meeting, ("CV Budi.pdf", data, PDF), text="Ini CV saya")
    assert answer.status_code == 303 and answer.headers["location"] == room_path(meeting)
    await expert.get(room_path(meeting))
    item = one(expert.answer.text if expert.answer else "", "#messages .msg")
    link = item.css_first("a.file-name")
    assert link is not None and "CV Budi.pdf" in link.text() and "Ini CV saya" in item.text()
    got = await expert.client.get(link.attributes["href"])
    assert got.status_code == 200 and got.content == data


async def test_a_picture_is_shown_small_and_downloaded_whole_without_a_trace(site: Site) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    answer = await upload(user, meeting, ("a.jpg", made.telling("JPEG", size=(1000, 800))), headers=HTMX)
    assert answer.status_code == 201
    item = one(answer.text, "li.msg")
    assert item.css_first(".text") is None, "no empty bubble"
    image = item.css_first("img")
    assert image is not None and (image.attributes["width"], image.attributes["height"]) == ("480", "384")
    small = await user.client.get(image.attributes["src"] or "")
    whole = await user.client.get(item.css_first("a.file-name").attributes["href"])
    for got, kind in ((small, "WEBP"), (whole, "JPEG")):
        assert got.status_code == 200 and Image.open(io.BytesIO(got.content)).format == kind
        assert made.CAMERA.encode() not in got.content and made.GPS_SECRET not in got.content


async def test_both_doors_and_the_page_show_the_same(site: Site) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    client_id = uuid4()
    first = await upload(user, meeting, ("a.png", made.picture("PNG")), client_id=client_id, headers=HTMX)
    await user.get(room_path(meeting))
    shown = one(user.answer.text if user.answer else "", "#messages .msg").html
    again = await upload(user, meeting, ("a.png", made.picture("PNG")), client_id=client_id, headers=HTMX)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.text == again.text
    assert squeezed(shown or "") == squeezed(one(first.text, ".msg").html)


async def test_a_download_can_do_nothing_in_the_browser(site: Site) -> None:
    meeting = await a_meeting(site)
    file = await meeting.give(site.resources.storage, meeting.user, Document(made.pdf()), 'a"b\u202e; ü.pdf')
    user = await known_browser(site, meeting.user)
    got = await user.client.get(f"/session/{meeting.booking_id}/files/{file.id}")
    assert got.headers["content-type"] == PDF
    assert (
        got.headers["content-disposition"]
        == "attachment; filename=\"a_b_ u.pdf\"; filename*=UTF-8''a_b_%20%C3%BC.pdf"
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["content-length"] == str(len(got.content))


async def test_the_small_picture_is_asked_for_again_and_sent_once(site: Site) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    answer = await upload(user, meeting, ("a.png", made.picture("PNG")), headers=HTMX)
    address = one(answer.text, "img").attributes["src"]
    got = await user.client.get(address)
    assert got.headers["cache-control"] == "private, no-cache" and got.headers["content-type"] == "image/webp"
    again = await user.client.get(address, headers={"If-None-Match": got.headers["etag"]})
    assert again.status_code == 304 and not again.content
    await user.client.post("/logout", data={"_csrf": token_of(await known_page(user))})
    assert (await user.client.get(address, headers={"If-None-Match": got.headers["etag"]})).status_code == 303


async def test_nobody_else_gets_a_file_by_any_address(site: Site) -> None:
    meeting = await a_meeting(site)
    file = await meeting.give(site.resources.storage, meeting.user, Document(made.pdf()))
    other = await meet_now(site.db)
    await other.begin()
    user, stranger = await known_browser(site, meeting.user), await known_browser(site, other.user)
    path = f"/session/{meeting.booking_id}/files/{file.id}"
    assert (await user.get(path)).status_code == 200
    for browser, address in (
        (stranger, path),
        (stranger, f"/session/{other.booking_id}/files/{file.id}"),
        (user, f"/session/{other.booking_id}/files/{file.id}"),
        (user, f"/session/{meeting.booking_id}/files/{uuid4()}"),
        (user, f"/session/{meeting.booking_id}/files/..%2F..%2Fetc"),
        (user, f"{path}?small"),
    ):
        assert (await browser.get(address)).status_code == 404, address


async def test_a_file_without_its_message_is_nobodys(site: Site) -> None:
    meeting = await a_meeting(site)
    contents = Document(made.pdf())
    id_ = await files.take_place(site.db, meeting.user, meeting.booking_id, "a.pdf", contents)
    await files.store(site.resources.storage, meeting.booking_id, id_, contents)
    user = await known_browser(site, meeting.user)
    assert (await user.get(f"/session/{meeting.booking_id}/files/{id_}")).status_code == 404


async def test_after_twelve_months_a_file_is_gone_for_the_two_and_from_the_store(site: Site) -> None:
    meeting = await a_meeting(site)
    storage = site.resources.storage
    file = await meeting.give(storage, meeting.user, Document(made.pdf()))
    path = f"/session/{meeting.booking_id}/files/{file.id}"
    room = await meeting.room()
    assert room.ends_at is not None
    await meeting.go_to(room.ends_at)
    await site.sweep()
    kept_until = await site.db.fetchval(
        "SELECT kept_until FROM active_sessions WHERE booking_id = $1", meeting.booking_id
    )
    await meeting.go_to(kept_until - timedelta(minutes=1))
    user = await known_browser(site, meeting.user)
    assert (await user.get(path)).status_code == 200
    await meeting.go_to(kept_until)
    assert (await user.get(path)).status_code == 404
    await site.sweep()
    await site.sweep()
    assert await files.read(storage, meeting.booking_id, file.id) is None
    assert not await site.db.fetchval("SELECT count(*) FROM attachments")


@pytest.mark.parametrize("size", [files.MOST_BYTES + 1, 12 * 1024 * 1024])
async def test_a_file_that_is_too_large_is_refused_with_the_text_kept(site: Site, size: int) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    data = b"%PDF-1.7" + bytes(size - 8)
    answer = await upload(user, meeting, ("besar.pdf", data, PDF), text="Ini penting")
    assert answer.status_code == 413
    assert (
        one(answer.text, "textarea").text().strip() == "Ini penting"
        and "5 MB" in one(answer.text, "#refusal").text()
    )
    answer = await upload(user, meeting, ("besar.pdf", data, PDF), text="Ini penting", headers=HTMX)
    assert answer.status_code == 413 and answer.text.strip().startswith("<p")


async def test_exactly_five_megabytes_are_taken(site: Site) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    data = made.pdf()
    # Words of a comment before the last lines make it as large as may be.
    end = data.rindex(b"startxref")
    data = data[:end] + b"%" + b"x" * (files.MOST_BYTES - len(data) - 2) + b"\n" + data[end:]
    assert len(data) == files.MOST_BYTES
    assert (await upload(user, meeting, ("penuh.pdf", data, PDF))).status_code == 303


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "bukan PDF"),
        ("a.pdf", b"<!doctype html><script>alert(1)</script>", "bukan PDF"),
        ("a.jpg", b"%PDF-1.7 <script>alert(1)</script> %%EOF", "rusak"),
        ("a.png", made.png_bomb(), "megapiksel"),
        ("a.pdf", made.script_pdf(), "program"),
        ("a.pdf", made.locked_pdf(), "kata sandi"),
        ("a.pdf", b"", "Berkas ini kosong."),
    ],
    ids=["svg", "page", "half", "bomb", "script", "locked", "empty"],
)
async def test_what_is_not_what_it_says_is_refused_with_the_text_kept(
    site: Site, name: str, data: bytes, words: str
) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    answer = await upload(user, meeting, (name, data, "image/png"), text="Lihat")
    assert answer.status_code == 422 and words in one(answer.text, "#refusal").text()
    assert one(answer.text, "textarea").text().strip() == "Lihat"
    assert not await site.db.fetchval("SELECT count(*) FROM attachments")


async def test_an_empty_file_field_is_no_file(site: Site) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    body = (
        form_body(token_of(user), "Halo")
        + b'--x\r\nContent-Disposition: form-data; name="attachment"; filename=""\r\n'
    )
    body += b"Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
    answer = await user.client.post(messages(meeting), content=body, headers=MULTIPART)
    assert answer.status_code == 303
    answer = await upload(user, meeting, ("kosong.pdf", b"", PDF), text="Halo")
    assert answer.status_code == 422


async def test_a_name_with_markup_is_words(site: Site) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    name = '"><script>alert(1)</script> hx-get=x .pdf'
    answer = await upload(user, meeting, (name, made.pdf(), PDF), headers=HTMX)
    assert answer.status_code == 201 and "<script" not in answer.text
    assert HTMLParser(answer.text).css_first("[hx-get], script") is None


async def test_a_body_without_end_is_read_no_further_than_it_may_hold(site: Site) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield form_body(token_of(user), "Teks") + file_part("a.pdf")
        for _ in range(640):
            sent += 65536
            yield bytes(65536)

    try:
        answer = await user.client.post(messages(meeting), content=endless(), headers=MULTIPART)
        assert answer.status_code == 413
    except httpx.WriteError:
        pass  # the line was cut after what is read away
    assert sent < 64 * 1024 * 1024


async def test_words_are_bounded_as_ever(site: Site) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    fields = {"_csrf": token_of(user), "client_id": str(uuid4()), "text": "a" * 200_000}
    assert (await user.client.post(messages(meeting), data=fields)).status_code == 413
    answer = await user.client.post(
        messages(meeting), data=fields, files={"attachment": ("a.pdf", made.pdf())}
    )
    assert answer.status_code == 413


async def test_a_sender_who_falls_silent_is_let_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_SILENCE_SECONDS", 0.2)
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    never = asyncio.Event()

    async def silent() -> AsyncIterator[bytes]:
        yield form_body(token_of(user), "Teks") + file_part("a.pdf") + b"%PDF"
        await never.wait()

    posting = asyncio.create_task(user.client.post(messages(meeting), content=silent(), headers=MULTIPART))
    await until_nobody_uploads(posting)
    never.set()
    assert not await site.db.fetchval("SELECT count(*) FROM attachments")


async def test_one_person_sends_three_files_at_once_and_no_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    going = [asyncio.Event() for _ in range(3)]

    async def slow(event: asyncio.Event) -> AsyncIterator[bytes]:
        yield form_body(token_of(user), "") + file_part("a.pdf")
        await event.wait()
        yield made.pdf() + b"\r\n--x--\r\n"

    posts = [
        asyncio.create_task(user.client.post(messages(meeting), content=slow(event), headers=MULTIPART))
        for event in going
    ]
    await until(lambda: sum(bodies._uploading.values()) == 3)
    answer = await upload(user, meeting, ("a.pdf", made.pdf(), PDF), headers=HTMX)
    assert answer.status_code == 429 and answer.headers["retry-after"]
    for event in going:
        event.set()
    assert [(await post).status_code for post in posts] == [303] * 3
    assert not bodies._uploading


async def test_a_stranger_is_refused_before_anything_is_looked_at(site: Site) -> None:
    meeting = await a_meeting(site)
    stranger = await known_browser(site, await make_user(site.db, "Ani Lestari"))
    await stranger.get("/user/profile")
    data = {"_csrf": token_of(stranger), "client_id": str(uuid4()), "text": ""}
    answer = await stranger.client.post(
        messages(meeting), data=data, files={"attachment": ("a.pdf", made.pdf())}
    )
    assert answer.status_code == 404
    assert not await site.db.fetchval("SELECT count(*) FROM attachments")


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every temporary file that a form gets from here on."""
    opened: list[Any] = []

    def remembered(**options: Any) -> Any:
        opened.append(tempfile.SpooledTemporaryFile(**options))  # noqa: SIM115 its reader closes it
        return opened[-1]

    monkeypatch.setattr(parts, "tempfile", SimpleNamespace(SpooledTemporaryFile=remembered))
    return opened


@pytest.mark.parametrize("field", ["attachment", "other"])
async def test_a_form_has_one_file_in_its_own_field(site: Site, temporary: list[Any], field: str) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    body = form_body(token_of(user), "Halo") + file_part("a.pdf") + bytes(300_000) + b"\r\n"
    body += file_part("b.pdf", field) * 200 + bytes(300_000) + b"\r\n--x--\r\n"
    answer = await user.client.post(messages(meeting), content=body, headers=MULTIPART)
    assert answer.status_code == 413
    assert [file.closed for file in temporary] == [True]


async def test_a_file_where_none_is_asked_for_is_not_kept(site: Site, temporary: list[Any]) -> None:
    user = await known_page(await known_browser(site, await make_user(site.db, "Ani Lestari")))
    answer = await user.client.post(
        "/user/profile", data={"_csrf": token_of(user)}, files={"full_name": ("a.pdf", b"Ani")}
    )
    assert answer.status_code == 413 and not temporary


async def test_a_form_as_a_whole_is_bounded(site: Site, temporary: list[Any]) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    # Bytes before the first field belong to no field.
    body = b"\r\n" * (files.MOST_BYTES // 2 + 100_000) + form_body(token_of(user), "Halo") + b"--x--\r\n"
    answer = await user.client.post(messages(meeting), content=body, headers=MULTIPART)
    assert answer.status_code == 413 and not temporary


@pytest.mark.parametrize(
    ("data", "text", "status"),
    [
        (made.pdf(), "Ini CV", 303),
        (b"apa ini", "", 422),
        (bytes(files.MOST_BYTES + 1), "", 413),
        (made.pdf(), "a" * 5000, 422),
    ],
    ids=["sent", "refused", "too large", "words too long"],
)
async def test_no_file_stays_open_after_its_request(
    site: Site, temporary: list[Any], data: bytes, text: str, status: int
) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    answer = await upload(user, meeting, ("a.pdf", data, PDF), text=text)
    assert answer.status_code == status
    await until(lambda: [file.closed for file in temporary] == [True])


async def test_no_file_stays_open_after_a_forged_form(site: Site, temporary: list[Any]) -> None:
    meeting = await a_meeting(site)
    user = await enter_site(site, meeting, meeting.user)
    body = form_body("palsu", "Halo") + file_part("a.pdf") + bytes(400_000) + b"\r\n--x--\r\n"
    answer = await user.client.post(messages(meeting), content=body, headers=MULTIPART)
    assert answer.status_code == 403
    await until(lambda: [file.closed for file in temporary] == [True])


async def test_nothing_of_a_strangers_file_is_stored(site: Site, temporary: list[Any]) -> None:
    meeting = await a_meeting(site)
    stranger = await known_page(await known_browser(site, await make_user(site.db, "Ani Lestari")))
    body = form_body(token_of(stranger), "Halo") + file_part("a.pdf") + bytes(400_000) + b"\r\n--x--\r\n"
    for name in (meeting.booking_id, uuid4()):
        answer = await stranger.client.post(f"/session/{name}/messages", content=body, headers=MULTIPART)
        assert answer.status_code == 404
    assert not temporary


async def test_the_same_in_a_bucket_also_when_it_goes_away(db: Database, tmp_path: Path) -> None:
    async with s3_server(tmp_path / "bucket") as server, running_site(db, **server.settings()) as site:
        meeting = await a_meeting(site)
        user = await enter_site(site, meeting, meeting.user)
        data, client_id = made.pdf(), uuid4()
        await server.relay.cut()
        answer = await upload(user, meeting, ("a.pdf", data, PDF), text="Ini CV", client_id=client_id)
        assert answer.status_code == 503 and one(answer.text, "textarea").text().strip() == "Ini CV"
        assert "Tidak ada yang hilang" in one(answer.text, "#refusal").text()
        await server.relay.mend()
        assert (await upload(user, meeting, ("a.pdf", data, PDF), client_id=client_id)).status_code == 303
        assert [*server.stored().values()] == [data]
        await user.get(room_path(meeting))
        address = one(user.answer.text if user.answer else "", "a.file-name").attributes["href"]
        assert (await user.client.get(address)).content == data
        await server.relay.cut()
        assert (await user.client.get(address)).status_code == 503
        await server.relay.mend()


MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


def messages(meeting: Meeting) -> str:
    return f"/session/{meeting.booking_id}/messages"


def form_body(token: str, text: str) -> bytes:
    fields = {"_csrf": token, "client_id": str(uuid4()), "text": text}
    return b"".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )


def file_part(name: str, field: str = "attachment") -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode()


def squeezed(html: str) -> str:
    return "".join(html.split())


async def known_page(browser: Browser) -> Browser:
    await browser.get("/user/profile")
    return browser


async def until_nobody_uploads(posting: "asyncio.Task[httpx.Response]") -> None:
    await until(lambda: bool(bodies._uploading) or posting.done())
    await until(lambda: not bodies._uploading)


async def until(holds: Any) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.02)
