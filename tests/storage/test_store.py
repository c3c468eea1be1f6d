"""The same promises for both stores: a folder, and a real server of the S3 protocol."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from mentorinaja.settings import SettingsError
from mentorinaja.storage import Storage, StorageDown
from tests.support.config import make_settings
from tests.support.s3 import S3Server, s3_server

KEY = "rooms/0b8e/7f1a"
LARGE = bytes(range(256)) * (5 * 1024 * 4)


@dataclass
class Store:
    """A store, and what really lies in it."""

    storage: Storage
    stored: Callable[[], dict[str, bytes]]


@pytest_asyncio.fixture
async def s3(tmp_path: Path) -> AsyncIterator[S3Server]:
    async with s3_server(tmp_path / "bucket") as server:
        yield server


@pytest_asyncio.fixture(params=["folder", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    if request.param == "folder":
        root = tmp_path / "files"
        yield Store(folder_store(root), lambda: content_of(root))
        return
    async with s3_server(tmp_path / "bucket") as server:
        yield Store(storage_of(server), server.stored)


def folder_store(root: Path) -> Storage:
    return Storage.open(make_settings("postgresql://nowhere", storage_url=f"file:{root}"))


def storage_of(server: S3Server, **changes: str) -> Storage:
    return Storage.open(make_settings("postgresql://nowhere", **server.settings(**changes)))


def content_of(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


async def content(storage: Storage, key: str) -> bytes:
    reading = await storage.read(key)
    assert reading is not None
    whole = b"".join([piece async for piece in reading.pieces])
    assert len(whole) == reading.size
    return whole


@pytest.mark.parametrize("data", [b"x", b"%PDF", LARGE], ids=["one byte", "small", "5 MB"])
async def test_what_was_put_is_read(store: Store, data: bytes) -> None:
    await store.storage.put(KEY, data)
    assert await content(store.storage, KEY) == data
    assert store.stored() == {KEY: data}


async def test_the_last_one_put_is_the_one_read(store: Store) -> None:
    await store.storage.put(KEY, LARGE)
    await store.storage.put(KEY, b"baru")
    assert await content(store.storage, KEY) == b"baru"


async def test_what_is_not_there_is_none_and_can_be_removed(store: Store) -> None:
    assert await store.storage.read(KEY) is None
    await store.storage.remove(KEY)


async def test_what_was_removed_is_gone_and_the_rest_stays(store: Store) -> None:
    for name in ("satu", "satu.small", "dua"):
        await store.storage.put(f"rooms/a/{name}", name.encode())
    await store.storage.remove("rooms/a/satu", "rooms/a/satu.small")
    assert await store.storage.read("rooms/a/satu") is None
    assert store.stored() == {"rooms/a/dua": b"dua"}


async def test_many_at_once_do_not_get_into_each_others_way(store: Store) -> None:
    keys = [f"rooms/{number % 3}/{number}" for number in range(24)]
    await asyncio.gather(*(store.storage.put(key, key.encode() * 1000) for key in keys))
    found = await asyncio.gather(*(content(store.storage, key) for key in keys))
    assert found == [key.encode() * 1000 for key in keys]


async def test_a_reader_sees_the_old_or_the_new_never_half(store: Store) -> None:
    await store.storage.put(KEY, b"a" * 300_000)
    writing = asyncio.create_task(store.storage.put(KEY, b"b" * 300_000))
    seen = set()
    while not writing.done():
        seen.add(await content(store.storage, KEY))
    await writing
    assert seen <= {b"a" * 300_000, b"b" * 300_000}


@pytest.mark.parametrize(
    "key", ["../secret/a", "/etc/passwd", "rooms/a/../../b", "rooms", "rooms/a b", "rooms/a#1"]
)
async def test_only_keys_of_our_making_are_taken(store: Store, key: str) -> None:
    with pytest.raises(AssertionError):
        await store.storage.put(key, b"x")


async def test_the_loop_goes_on_while_files_are_written(store: Store) -> None:
    """Writes that kept the loop to themselves would all be over by the second turn."""
    turns = 0
    writing = asyncio.gather(*(store.storage.put(f"rooms/a/{number}", LARGE) for number in range(8)))
    while not writing.done():
        await asyncio.sleep(0)
        turns += 1
    await writing
    assert turns > 3


async def test_a_folder_is_for_us_alone(tmp_path: Path) -> None:
    folder_store(tmp_path / "files")
    assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700


async def test_a_folder_that_cannot_be_made_stops_the_start_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SettingsError, match="STORAGE_URL"):
        folder_store(tmp_path / "file" / "files")


async def test_what_an_interrupted_write_left_goes_with_the_file(tmp_path: Path) -> None:
    storage = folder_store(tmp_path)
    await storage.put(KEY, b"ada")
    (tmp_path / f"{KEY}#1").write_bytes(b"setengah")
    (tmp_path / "rooms/0b8e/lain#1").write_bytes(b"milik yang lain")
    assert await content(storage, KEY) == b"ada"
    await storage.remove(KEY)
    assert content_of(tmp_path) == {"rooms/0b8e/lain#1": b"milik yang lain"}


async def test_a_full_or_broken_folder_is_storage_that_is_down(tmp_path: Path) -> None:
    storage = folder_store(tmp_path)
    (tmp_path / "rooms").write_text("a file where a folder should be")
    with pytest.raises(StorageDown):
        await storage.put(KEY, b"x")


async def test_a_server_that_is_away_is_said_soon_and_works_again_when_back(s3: S3Server) -> None:
    storage = storage_of(s3)
    await storage.put(KEY, b"sebelum")
    await s3.relay.cut()
    began = time.monotonic()
    for attempt in (storage.put(KEY, b"selama"), storage.read(KEY), storage.remove(KEY)):
        with pytest.raises(StorageDown):
            await attempt
    assert time.monotonic() - began < 30
    await s3.relay.mend()
    assert await content(storage, KEY) == b"sebelum"


async def test_a_server_that_goes_away_in_the_middle_leaves_nothing_half(s3: S3Server) -> None:
    storage = storage_of(s3)
    s3.relay.most_bytes = 1_000_000
    with pytest.raises(StorageDown):
        await storage.put(KEY, LARGE)
    assert s3.stored() == {}
    s3.relay.most_bytes = None
    await storage.put(KEY, LARGE)
    assert await content(storage, KEY) == LARGE


async def test_a_reading_that_breaks_says_so_instead_of_ending_early(s3: S3Server) -> None:
    storage = storage_of(s3)
    await storage.put(KEY, LARGE)
    reading = await storage.read(KEY)
    assert reading is not None
    await anext(reading.pieces)
    await s3.relay.cut()
    with pytest.raises(StorageDown):
        await anext(reading.pieces)


@pytest.mark.parametrize("wrong", [{"storage_secret": "bukan-itu"}, {"storage_url": "s3://bukan-ember/x"}])
async def test_a_wrong_secret_or_bucket_is_refused(s3: S3Server, wrong: dict[str, str]) -> None:
    with pytest.raises(StorageDown):
        await storage_of(s3, **wrong).put(KEY, b"x")
    assert s3.stored() == {}
