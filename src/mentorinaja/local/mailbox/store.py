"""Keeps the mails that came, in memory or as one .eml file each in a folder."""

import time
from pathlib import Path

from mentorinaja.local.mailbox.message import RECIPIENT, Message


class Store:
    """Mails by arrival, newest last; a folder's mails of earlier runs are there again."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._messages: dict[str, Message] = {}
        self._last_id = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for file in sorted(folder.glob("*.eml")):
                if file.stem.isdigit():
                    self._messages[file.stem] = Message(file.stem, file.read_bytes())

    def messages(self, recipient: str = "") -> list[Message]:
        """All mails, or those to one address, whatever its capital letters."""
        wanted = recipient.strip().casefold()
        return [
            message
            for message in self._messages.values()
            if not wanted or wanted in (address.casefold() for address in message.recipients)
        ]

    def find(self, message_id: str) -> Message | None:
        """The mail with this `id` of ours, not with this Message-ID."""
        return self._messages.get(message_id)

    def add(self, sender: str, recipients: list[str], content: bytes) -> Message:
        """Store a mail with its envelope written above its own headers, as a mail server does."""
        envelope = [f"Return-Path: <{sender}>", *(f"{RECIPIENT}: {address}" for address in recipients)]
        above = "".join(f"{line}\r\n" for line in envelope)
        self._last_id = max(time.time_ns(), self._last_id + 1)
        message = Message(f"{self._last_id:020d}", above.encode() + content)
        if self._folder is not None:
            unfinished = self._file(message.id).with_suffix(".unfinished")
            unfinished.write_bytes(message.raw)
            unfinished.rename(self._file(message.id))
        self._messages[message.id] = message
        return message

    def clear(self) -> None:
        """Forget every mail and delete its file."""
        if self._folder is not None:
            for message_id in self._messages:
                self._file(message_id).unlink(missing_ok=True)
        self._messages.clear()

    def _file(self, message_id: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{message_id}.eml"
