"""The SMTP side: takes every mail, or fails as it was told to."""

import asyncio
from typing import Annotated

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

from mentorinaja.local.mailbox.store import Store

_LARGEST_MAIL = 30_000_000  # bytes
Times = Annotated[int, msgspec.Meta(ge=0)]


class Faults(msgspec.Struct, forbid_unknown_fields=True):
    """How many of the next mails fail, and how; each counts down as it happens."""

    refuse: Times = 0
    """Answered "451" after their data and not kept."""
    die_after_data: Times = 0
    """Kept, but the connection is cut instead of answered, so that the sender cannot know."""


class SmtpServer:
    """Listens on 127.0.0.1 from `start` to `stop`, in the running event loop."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._connections: set[SMTP] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Listen on this port, on a free one for 0; the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, "127.0.0.1", port)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        """Stop listening and cut what is still connected."""
        if self._server is None:
            return
        self._server.close()
        for connection in self._connections:
            _cut(connection)
        await self._server.wait_closed()
        self._server = None

    def _connection(self) -> SMTP:
        connection = SMTP(
            self,
            hostname="mailbox.localhost",  # without it the machine's own name is looked up, which may be slow
            ident="MentorinAja kotak email",
            enable_SMTPUTF8=True,
            data_size_limit=_LARGEST_MAIL,
            loop=asyncio.get_running_loop(),
        )
        self._connections = {known for known in self._connections if known.transport is not None}
        self._connections.add(connection)
        return connection

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with a whole mail; the answer to its sender."""
        if self._faults.refuse:
            self._faults.refuse -= 1
            return "451 4.3.0 Coba lagi nanti"
        content = envelope.content
        assert isinstance(content, bytes)
        self._store.add(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        if self._faults.die_after_data:
            self._faults.die_after_data -= 1
            _cut(server)
        return "250 2.0.0 Diterima"


def _cut(connection: SMTP) -> None:
    transport = connection.transport
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
