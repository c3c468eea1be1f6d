"""Fetching from where somebody says: only from the public internet, and only what a calendar can be."""

import asyncio
import gzip
import os
from collections.abc import Iterable
from typing import Any

import httpcore
import pytest

from mentorinaja.calendars import fetching
from mentorinaja.calendars.fetching import PublicOnly, fetch
from mentorinaja.calendars.rules import CannotRead
from tests.support.calendars import Host, calendar

ICS = calendar("DTSTART:20270110T010000Z\nDTEND:20270110T020000Z")


class Wire(httpcore.AsyncNetworkBackend):
    """Stands where the network is: writes down who would have been connected to, and refuses."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    async def connect_tcp(self, host: str, *_args: Any, **_kwargs: Any) -> httpcore.AsyncNetworkStream:
        self.reached.append(host)
        raise httpcore.ConnectError


class Names:
    """What names stand for, one answer after the other; the last one stays."""

    def __init__(self, *answers: Iterable[str]) -> None:
        self.answers = [list(answer) for answer in answers]
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def why(address: str, **how: Any) -> str:
    with pytest.raises(CannotRead) as refusal:
        await fetch(address, **how)
    return refusal.value.reason


async def test_a_name_is_reached_only_when_every_address_it_has_is_public() -> None:
    for numbers in (
        ["8.8.8.8", "10.0.0.1"],
        ["::ffff:10.0.0.1"],
        ["2606:4700::1111", "fd00::1"],
        ["169.254.169.254"],
    ):
        wire = Wire()
        backend = PublicOnly(names=Names(numbers), network=wire)
        assert await why("https://kalender.test/a.ics", backend=backend) == "private"
        assert wire.reached == []


async def test_the_address_that_was_looked_at_is_the_one_connected_to() -> None:
    """A name that stands for something else a moment later gains nothing: it is asked once."""
    wire, names = Wire(), Names(["8.8.8.8", "2606:4700::1111"], ["127.0.0.1"])
    assert await why("https://ganti.test/", backend=PublicOnly(names=names, network=wire)) == "unreachable"
    assert (names.asked, wire.reached) == (["ganti.test"], ["8.8.8.8", "2606:4700::1111"])


@pytest.mark.parametrize(
    "host_name", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "0"]
)
async def test_this_machine_is_not_reached_however_it_is_written(host: Host, host_name: str) -> None:
    # The real resolver; what a name nobody knows gives depends on the system.
    assert await why(f"https://{host_name}/a.ics") in ("private", "unreachable")
    assert host.asked == []


async def test_plain_http_is_for_the_named_server_alone(host: Host) -> None:
    address = host.put("/a.ics", ICS)
    assert await why(address) == "address"
    fetched = await fetch(address, local_origin=host.origin)
    assert fetched is not None and fetched.body == ICS


async def test_redirects_are_followed_a_few_times_and_looked_at_each_time(host: Host) -> None:
    host.put("/0", b"", 302, location="/1")
    host.put("/1", b"", 308, location=host.origin + "/2")
    host.put("/2", b"", 301, location="a.ics")
    host.put("/a.ics", ICS)
    fetched = await fetch(host.origin + "/0", local_origin=host.origin)
    assert fetched is not None and fetched.body == ICS
    host.put("/a.ics", b"", 303, location="/b.ics")
    assert await why(host.origin + "/0", local_origin=host.origin) == "redirects"
    for elsewhere, reason in (
        ("https://127.0.0.1/", "private"),
        ("https://169.254.169.254/latest/meta-data", "private"),
        ("http://127.0.0.1:9/", "address"),
        ("file:///etc/passwd", "address"),
        ("", "redirects"),
    ):
        host.put("/away", b"", 302, location=elsewhere)
        assert await why(host.origin + "/away", local_origin=host.origin) == reason, elsewhere


async def test_what_is_packed_is_unpacked_and_never_to_more_than_it_may_be(host: Host) -> None:
    address = host.put("/a.ics", gzip.compress(ICS), content_encoding="gzip")
    fetched = await fetch(address, local_origin=host.origin)
    assert fetched is not None and fetched.body == ICS
    bomb = gzip.compress(b"0" * 200_000_000)
    for body, headers, reason in (
        (bomb, {"content_encoding": "gzip"}, "large"),
        (b"nothing packed", {"content_encoding": "gzip"}, "content"),
        (ICS, {"content_encoding": "br"}, "content"),
        (os.urandom(2 * 1024 * 1024 + 1), {}, "large"),
        (b"<html>", {"content_type": "text/html; charset=utf-8"}, "content"),
    ):
        assert await why(host.put("/b.ics", body, **headers), local_origin=host.origin) == reason


async def test_what_the_server_says_is_told_apart(host: Host) -> None:
    for status, reason in (
        (404, "not_shared"),
        (403, "not_shared"),
        (410, "not_shared"),
        (500, "server"),
        (429, "server"),
    ):
        assert await why(host.put("/a.ics", b"", status), local_origin=host.origin) == reason
    assert await why("http://127.0.0.1:9/", local_origin="http://127.0.0.1:9") == "unreachable"


async def test_what_has_not_changed_is_not_sent_again(host: Host) -> None:
    address = host.put("/a.ics", ICS, etag='"satu"')
    fetched = await fetch(address, local_origin=host.origin)
    assert fetched is not None and fetched.etag == '"satu"'
    assert await fetch(address, fetched.etag, local_origin=host.origin) is None
    assert "cookie" not in host.asked[-1] and host.asked[-1]["host"] == host.origin.removeprefix("http://")


async def test_a_server_that_says_nothing_is_waited_for_only_so_long(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "READ_SECONDS", 0.3)
    assert await why(host.origin + "/silent", local_origin=host.origin) == "slow"


async def test_a_line_that_breaks_off_is_no_calendar() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nBEGIN:VCALENDAR")
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert await why(origin + "/", local_origin=origin) == "unreachable"
