"""Files between the two: sent once, read by them alone, never left behind."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from mentorinaja import clock
from mentorinaja.contents.kinds import Contents, Document
from mentorinaja.db.pool import Database
from mentorinaja.errors import NotThere
from mentorinaja.rooms import actions, files, sending
from mentorinaja.rooms.jobs import files_due
from mentorinaja.rooms.rules import NotOpen, Refused
from mentorinaja.rooms.sending import Sent
from mentorinaja.storage import Storage, StorageDown
from mentorinaja.web.parts import SentFile
from mentorinaja.web.viewer import Viewer
from tests.support import files as made
from tests.support.bookings import make_user
from tests.support.config import make_settings
from tests.support.rooms import Meeting, meet_later, meet_now

SMALL_PDF = Document(b"%PDF-1.7 isi %%EOF")


@dataclass
class Desk:
    """A running session and where its files are kept."""

    meeting: Meeting
    storage: Storage
    folder: Path

    @property
    def db(self) -> Database:
        return self.meeting.db

    async def send(
        self,
        data: bytes,
        name: str = "berkas",
        *,
        who: Viewer | None = None,
        client_id: UUID | None = None,
        text: str = "",
    ) -> Sent:
        """Upload as the form does."""
        file = SentFile(name, io.BytesIO(data), len(data))
        return await files.send(
            self.db,
            self.storage,
            who or self.meeting.user,
            self.meeting.booking_id,
            client_id or uuid4(),
            text,
            file,
        )

    def stored(self) -> list[str]:
        """What lies in the store."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    async def rows(self) -> int:
        """How many files are written down."""
        count: int = await self.db.fetchval("SELECT count(*) FROM attachments")
        return count

    async def sweep(self) -> None:
        """What the worker does."""
        await files_due(_Resources(self.db, self.storage), {})  # type: ignore[arg-type]  # all it uses


@dataclass
class _Resources:
    db: Database
    storage: Storage


async def a_desk(db: Database, folder: Path) -> Desk:
    meeting = await meet_now(db)
    await meeting.begin()
    storage = Storage.open(make_settings(db.dsn, storage_url=f"file:{folder}"))
    return Desk(meeting, storage, folder)


@pytest_asyncio.fixture
async def desk(db: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    yield await a_desk(db, tmp_path / "files")


async def test_a_picture_arrives_with_its_message(desk: Desk) -> None:
    sent = await desk.send(
        made.telling("JPEG", orientation=6, size=(1600, 1200)), "Liburan.JPEG", text="Lihat ini"
    )
    file = sent.message.attachment
    assert file is not None and not sent.again
    assert (file.name, file.media_type, file.width, file.height) == ("Liburan.jpg", "image/jpeg", 1200, 1600)
    assert (file.small_width, file.small_height) == (360, 480)
    assert desk.stored() == [str(file.id), f"{file.id}.small"]
    whole = await files.read(desk.storage, desk.meeting.booking_id, file.id)
    assert whole is not None and whole.size == file.size_bytes
    [*_, last] = await desk.meeting.items()
    assert last == sent.message


async def test_a_pdf_alone_is_a_message_and_keeps_every_byte(desk: Desk) -> None:
    data = made.pdf(3)
    sent = await desk.send(data, "CV.pdf", who=desk.meeting.expert)
    file = sent.message.attachment
    assert file is not None and sent.message.text == "" and file.width is None
    assert (
        await files.stored_digest(desk.storage, desk.meeting.booking_id, file.id)
        == hashlib.sha256(data).digest()
    )
    assert desk.stored() == [str(file.id)]


async def test_the_seal_covers_what_is_stored(desk: Desk) -> None:
    sent = await desk.send(made.picture("PNG"), "a.png")
    assert sent.message.attachment is not None
    stored = await files.stored_digest(desk.storage, desk.meeting.booking_id, sent.message.attachment.id)
    row = await desk.db.fetchrow("SELECT sha256 FROM attachments")
    assert row is not None and row["sha256"] == stored  # the checker of invariants computes the seal with it


async def test_the_same_message_again_is_the_same_file(desk: Desk) -> None:
    client_id, data = uuid4(), made.pdf()
    first = await desk.send(data, client_id=client_id)
    again = await desk.send(data, client_id=client_id)
    assert again.again and again.message == first.message
    assert len(desk.stored()) == await desk.rows() == 1


async def test_the_same_message_twice_at_once_is_one_file(desk: Desk) -> None:
    client_id, data = uuid4(), made.pdf()
    both = await asyncio.gather(*(desk.send(data, client_id=client_id) for _ in range(2)))
    assert both[0].message == both[1].message
    assert sorted(sent.again for sent in both) == [False, True]
    assert len(desk.stored()) == await desk.rows() == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", 422), (b"MZ" + bytes(100), 422), (made.locked_pdf(), 422), (made.png_bomb(), 422)],
    ids=["empty", "program", "locked", "bomb"],
)
async def test_what_is_no_good_leaves_nothing(desk: Desk, data: bytes, status: int) -> None:
    with pytest.raises(Refused) as refusal:
        await desk.send(data, "gambar.png")
    assert refusal.value.status == status and str(refusal.value).endswith(".")
    assert desk.stored() == [] and await desk.rows() == 0


async def test_others_and_closed_rooms_get_no_file_in(db: Database, desk: Desk) -> None:
    stranger = await make_user(db, "Ani Lestari")
    with pytest.raises(NotThere):
        await desk.send(made.pdf(), who=stranger)
    later = await meet_later(db)
    closed = Desk(later, desk.storage, desk.folder)
    with pytest.raises(NotOpen):
        await closed.send(made.pdf())
    assert desk.stored() == [] and await desk.rows() == 0


async def test_a_session_that_ends_while_the_file_comes_keeps_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_place = files.take_place

    async def ended_meanwhile(*args: Any) -> UUID:
        id_ = await take_place(*args)
        await actions.end(desk.db, desk.meeting.user, desk.meeting.booking_id)
        return id_

    monkeypatch.setattr(files, "take_place", ended_meanwhile)
    with pytest.raises(NotOpen):
        await desk.send(made.pdf())
    assert desk.stored() == [] and await desk.rows() == 0


async def test_a_store_that_is_down_is_said_and_the_same_message_can_be_sent_again(desk: Desk) -> None:
    client_id, data = uuid4(), made.pdf()
    desk.folder.rename(desk.folder.with_name("away"))
    desk.folder.write_text("no folder")
    with pytest.raises(files.FileUnsent) as refusal:
        await desk.send(data, client_id=client_id)
    assert refusal.value.status == 503
    assert not any(item.seq for item in await desk.meeting.items() if hasattr(item, "client_id"))
    desk.folder.unlink()
    desk.folder.with_name("away").rename(desk.folder)
    assert not (await desk.send(data, client_id=client_id)).again
    await clock.shift(desk.db, timedelta(hours=2))
    await desk.sweep()
    assert len(desk.stored()) == await desk.rows() == 1


@pytest.mark.parametrize("step", ["row", "small", "file"])
async def test_whoever_dies_between_the_steps_leaves_nothing_after_the_sweep(
    desk: Desk, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process that is killed: nothing after the step runs, no clearing up either."""
    real = desk.storage.put

    async def put(key: str, data: bytes) -> None:
        if step == "row" or (step == "small" and not key.endswith(".small")):
            raise Killed
        await real(key, data)

    async def send(*_args: Any) -> Sent:
        raise Killed

    monkeypatch.setattr(desk.storage, "put", put)
    monkeypatch.setattr(sending, "send", send)
    with pytest.raises(Killed):
        await desk.send(made.picture())
    assert await desk.rows() == 1 and len(desk.stored()) == {"row": 0, "small": 1, "file": 2}[step]
    await desk.sweep()
    assert await desk.rows() == 1, "it may still be under way"
    await clock.shift(desk.db, timedelta(minutes=61))
    await desk.sweep()
    assert await desk.rows() == 0 and desk.stored() == []


class Killed(BaseException):
    """The process ends here."""


async def test_the_sweep_leaves_what_a_message_has(desk: Desk) -> None:
    await desk.meeting.give(desk.storage, desk.meeting.user, SMALL_PDF)
    await clock.shift(desk.db, timedelta(days=2))
    await desk.sweep()
    assert len(desk.stored()) == await desk.rows() == 1


async def test_a_file_never_goes_while_its_message_comes(desk: Desk) -> None:
    """The sweep comes while the message takes the file: either the message has it, or there is no message."""
    id_ = await files.take_place(desk.db, desk.meeting.user, desk.meeting.booking_id, "a", SMALL_PDF)
    await files.store(desk.storage, desk.meeting.booking_id, id_, SMALL_PDF)
    async with desk.db.transaction() as sending_it:
        await sending_it.execute("SELECT FROM attachments WHERE id = $1 FOR KEY SHARE", id_)
        await files.take_away(desk.db, desk.storage, id_)
    assert len(desk.stored()) == await desk.rows() == 1


async def test_a_sweep_without_its_store_changes_nothing_and_finishes_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        id_ = await files.take_place(desk.db, desk.meeting.user, desk.meeting.booking_id, "a", SMALL_PDF)
        await files.store(desk.storage, desk.meeting.booking_id, id_, SMALL_PDF)
    await clock.shift(desk.db, timedelta(minutes=61))
    with monkeypatch.context() as broken:

        async def remove(*_keys: str) -> None:
            raise StorageDown

        broken.setattr(desk.storage, "remove", remove)
        await desk.sweep()
    assert len(desk.stored()) == await desk.rows() == 2
    await desk.sweep()
    assert desk.stored() == [] and await desk.rows() == 0


async def test_a_room_takes_thirty_files_and_no_more_at_once(desk: Desk) -> None:
    took = await fill(desk.meeting, SMALL_PDF, files.MOST_IN_A_ROOM + 4)
    assert took == files.MOST_IN_A_ROOM
    with pytest.raises(files.RoomFull) as refusal:
        await desk.send(made.pdf())
    assert refusal.value.status == 409 and "30 berkas" in str(refusal.value)


async def test_without_the_lock_the_last_place_is_given_twice(
    unchecked_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await a_desk(unchecked_db, tmp_path)
    real = files._refuse_when_full

    async def slowly(*args: Any) -> None:
        await real(*args)
        await asyncio.sleep(0.2)

    monkeypatch.setattr(files, "_refuse_when_full", slowly)
    monkeypatch.setattr(files, "_LOCK", files._LOCK.replace("FOR NO KEY UPDATE", ""))
    assert await fill(desk.meeting, SMALL_PDF, files.MOST_IN_A_ROOM + 4) > files.MOST_IN_A_ROOM


async def test_all_files_of_a_room_together_are_at_most_60_mb(desk: Desk) -> None:
    large = Document(bytes(files.MOST_BYTES))
    assert await fill(desk.meeting, large, 14) == 12


async def test_what_failed_long_ago_takes_no_place(desk: Desk) -> None:
    await fill(desk.meeting, SMALL_PDF, files.MOST_IN_A_ROOM)
    await clock.shift(desk.db, timedelta(minutes=3))
    assert await fill(desk.meeting, SMALL_PDF, 1) == 1


async def test_nobody_makes_us_look_at_files_without_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_IN_TEN_MINUTES", 2)
    for _ in range(2):
        with pytest.raises(files.BadFile):
            await desk.send(b"bukan apa-apa")
    with pytest.raises(Refused) as refusal:
        await desk.send(made.pdf())
    assert refusal.value.status == 429


async def fill(meeting: Meeting, contents: Contents, times: int) -> int:
    """Take so many places at once; answers how many were given."""
    given = await asyncio.gather(
        *(
            files.take_place(meeting.db, meeting.user, meeting.booking_id, "a.pdf", contents)
            for _ in range(times)
        ),
        return_exceptions=True,
    )
    assert all(isinstance(one, UUID | files.RoomFull) for one in given), given
    return sum(isinstance(one, UUID) for one in given)
