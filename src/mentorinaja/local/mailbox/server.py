"""Runs the SMTP server and the pages together in the running event loop."""

import asyncio
import socket
from pathlib import Path

import uvicorn

from mentorinaja.local.mailbox.message import Message
from mentorinaja.local.mailbox.smtp import Faults, SmtpServer
from mentorinaja.local.mailbox.store import Store
from mentorinaja.local.mailbox.web import create_web
from mentorinaja.local.prompt import PromptServer


class Mailbox:
    """`async with Mailbox() as box`: mails sent to `127.0.0.1:box.smtp_port` are in `box.messages`.

    With a `folder` they are kept there between runs. A port of 0 means a free one.
    """

    smtp_port: int
    http_port: int

    def __init__(self, folder: Path | None = None, *, smtp_port: int = 0, http_port: int = 0) -> None:
        self.faults = Faults()
        self._asked_ports = smtp_port, http_port
        self._store = Store(folder)
        self._smtp = SmtpServer(self._store, self.faults)
        self._web = PromptServer(
            uvicorn.Config(
                create_web(self._store, self.faults),
                log_config=None,
                access_log=False,
                lifespan="off",
            )
        )
        self._serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address of the pages, without a slash at the end."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def messages(self) -> list[Message]:
        """Every mail that came, newest last."""
        return self._store.messages()

    def messages_to(self, recipient: str) -> list[Message]:
        """Every mail to one address, newest last."""
        return self._store.messages(recipient)

    def clear(self) -> None:
        """Forget every mail."""
        self._store.clear()

    async def __aenter__(self) -> "Mailbox":
        smtp_port, http_port = self._asked_ports
        listening = socket.create_server(("127.0.0.1", http_port))
        try:
            self.smtp_port = await self._smtp.start(smtp_port)
        except OSError:
            listening.close()
            raise
        self.http_port = listening.getsockname()[1]
        # Connections wait in the socket's queue until the server takes them: no need to wait for it.
        self._serving = asyncio.create_task(self._web.serve(sockets=[listening]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._web.stop()
        if self._serving is not None:
            await self._serving
        await self._smtp.stop()
