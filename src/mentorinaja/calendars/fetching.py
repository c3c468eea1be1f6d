"""Fetching what stands at an address that somebody typed, without being led anywhere but to the public internet.

Every address a name stands for is looked at, and the connection is made to one of those that were looked at: the name
is not asked again in between. Where an answer leads on, the same holds for the next address.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urljoin

import httpcore

from mentorinaja.calendars.rules import (
    MOST_BYTES,
    MOST_REDIRECTS,
    READ_SECONDS,
    Address,
    CannotRead,
    is_public,
    parse_address,
)

# A name and a port → the numbers they stand for.
Resolve = Callable[[str, int], Awaitable[list[str]]]

_LEADS_ON = {301, 302, 303, 307, 308}
_GONE = {401, 403, 404, 410}
# Not every server sends words about its content that fit; these never are calendars.
_NOT_A_CALENDAR = (b"text/html", b"application/xhtml", b"application/json", b"image/", b"video/", b"audio/")

# A name whose server keeps silent holds a thread until the system gives up, long after we have: these are nobody
# else's, so that mails, payments and the database never wait for them.
_askers = ThreadPoolExecutor(8, thread_name_prefix="names")


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes that stood there and the mark by which the server knows whether they changed."""

    body: bytes
    etag: str


async def resolve(host: str, port: int) -> list[str]:
    """Ask the network what a name stands for. Raises OSError."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_askers, ask)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to public addresses alone, and to `local_origin`, which only a demo or a test has."""

    def __init__(
        self,
        local_origin: str = "",
        names: Resolve = resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._local_origin = local_origin
        self._names = names
        self._network = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of the addresses that were looked at. Raises `CannotRead`."""
        numbers = await self._numbers(host, port)
        if not self._local_origin.endswith(f"://{host}:{port}") and not all(map(is_public, numbers)):
            raise CannotRead("private")
        for number in numbers:
            try:
                return await self._network.connect_tcp(number, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        raise CannotRead("unreachable")

    async def _numbers(self, host: str, port: int) -> list[str]:
        try:
            numbers = await self._names(host.strip("[]"), port)
        except (OSError, UnicodeError):
            raise CannotRead("unreachable") from None
        if not numbers:
            raise CannotRead("unreachable")
        return numbers

    async def connect_unix_socket(self, *_args: Any, **_kwargs: Any) -> httpcore.AsyncNetworkStream:
        """No calendar lies there. Raises `CannotRead`."""
        raise CannotRead("private")

    async def sleep(self, seconds: float) -> None:
        """Wait between attempts, as httpcore asks for."""
        await asyncio.sleep(seconds)


async def fetch(
    text: str, etag: str = "", *, local_origin: str = "", backend: httpcore.AsyncNetworkBackend | None = None
) -> Fetched | None:
    """What stands at the address, or None when the server says that it is still what had `etag`.

    At most 2 MB, ten seconds and three redirects. Raises `CannotRead`.
    """
    network = backend or PublicOnly(local_origin)
    try:
        async with (
            asyncio.timeout(READ_SECONDS),
            httpcore.AsyncConnectionPool(
                ssl_context=ssl.create_default_context(), max_connections=1, network_backend=network
            ) as pool,
        ):
            return await _follow(pool, text, etag, local_origin)
    except (TimeoutError, httpcore.TimeoutException):
        raise CannotRead("slow") from None
    except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
        raise CannotRead("unreachable") from None


async def _follow(
    pool: httpcore.AsyncConnectionPool, text: str, etag: str, local_origin: str
) -> Fetched | None:
    address = parse_address(text, local_origin)
    for _ in range(MOST_REDIRECTS + 1):
        async with pool.stream("GET", address.whole, headers=_headers(address, etag)) as answer:
            if answer.status not in _LEADS_ON:
                return await _read(answer, etag)
            leads_to = _header(answer, b"location").decode("latin-1")
        address = parse_address(urljoin(address.whole, leads_to), local_origin)
    raise CannotRead("redirects")


def _headers(address: Address, etag: str) -> list[tuple[str, str]]:
    plain_port = address.scheme == "https" and address.port == 443
    headers = [
        ("Host", address.host if plain_port else f"{address.host}:{address.port}"),
        ("User-Agent", "MentorinAja-Kalender/1"),
        ("Accept", "text/calendar, text/plain;q=0.5, */*;q=0.1"),
        ("Accept-Encoding", "gzip"),
    ]
    return [*headers, ("If-None-Match", etag)] if etag else headers


async def _read(answer: httpcore.Response, etag: str) -> Fetched | None:
    if answer.status == 304 and etag:
        return None
    if answer.status != 200:
        raise CannotRead("not_shared" if answer.status in _GONE else "server")
    if _header(answer, b"content-type").lower().startswith(_NOT_A_CALENDAR):
        raise CannotRead("content")
    body = await _body(answer)
    mark = _header(answer, b"etag").decode("latin-1")
    return Fetched(body, mark if len(mark) <= 200 and mark.isascii() and mark.isprintable() else "")


async def _body(answer: httpcore.Response) -> bytes:
    """All of it, unpacked where it came packed; refused as soon as it is more than it may be."""
    packing = _header(answer, b"content-encoding").lower()
    if packing not in (b"", b"identity", b"gzip", b"x-gzip"):
        raise CannotRead("content")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if b"gzip" in packing else None
    body = bytearray()
    async for chunk in answer.aiter_stream():
        try:
            body += unpack.decompress(chunk, MOST_BYTES + 1 - len(body)) if unpack else chunk
        except zlib.error:
            raise CannotRead("content") from None
        if len(body) > MOST_BYTES:
            raise CannotRead("large")
    return bytes(body)


def _header(answer: httpcore.Response, name: bytes) -> bytes:
    return next((value.strip() for key, value in answer.headers if key.lower() == name), b"")
