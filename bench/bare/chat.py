"""The limit of chat: an ASGI function, an HMAC cookie, one INSERT, one trigger, one LISTEN, the frame built once."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qs

import asyncpg

KEY = b"a-key-for-measuring-only"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  room text NOT NULL, sender text NOT NULL, text text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE OR REPLACE FUNCTION message_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('bare', NEW.room || ':' || NEW.id || ':' || NEW.sender || ':' || NEW.text);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER message_added AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION message_added();
"""
_INSERT = "INSERT INTO messages (room, sender, text) VALUES ($1, $2, $3)"
_FRAME = (
    'id: {id}\ndata: <li id="message-{id}" class="msg" data-sender="{sender}">'
    '<p class="text">{text}</p><p class="meta"><time>14:00</time></p></li>\n\n'
)
_STREAM = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


def cookie_of(person: str) -> str:
    """A signed cookie for anybody."""
    return f"session={person}.{_sign(person.encode())}"


class BareChat:
    """POST /session/{room}/messages and GET /session/{room}/events, and nothing else."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._rooms: dict[str, set[Any]] = defaultdict(set)
        self._pool: Any = None
        self._listening: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope["path"].split("/")
        if path[1] == "readyz":
            await _answer(send, 200)
        elif (person := _person(scope)) is None:
            await _answer(send, 403)
        elif path[3] == "messages":
            await self._post(path[2], person, receive, send)
        else:
            await self._stream(path[2], receive, send)

    async def _post(self, room: str, person: str, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        text = parse_qs(body.decode())["text"][0]
        await self._pool.execute(_INSERT, room, person, text)
        await _answer(send, 204)

    async def _stream(self, room: str, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
        await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
        self._rooms[room].add(send)
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._rooms[room].discard(send)

    def _on_notify(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        room, id, sender, text = payload.split(":", 3)
        frame = _FRAME.format(id=id, sender=sender, text=text).encode()
        message = {"type": "http.response.body", "body": frame, "more_body": True}
        for send in self._rooms[room]:
            _push(send, message)

    async def _live(self, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._pool = await asyncpg.create_pool(self._dsn, min_size=8, max_size=8, reset=_as_it_is)
                await self._pool.execute(_SCHEMA)
                self._listening = await asyncpg.connect(self._dsn)
                await self._listening.add_listener("bare", self._on_notify)
                await send({"type": "lifespan.startup.complete"})
            else:
                self._listening.terminate()
                self._pool.terminate()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _as_it_is(_connection: Any) -> None:
    """Connections go back to the pool without the round trip that would clean them: nothing was set."""


def _push(send: Any, message: Any) -> None:
    """Write at once: uvicorn's `send` waits only when the reader is slow, and a slow reader misses the frame."""
    step = send(message)
    try:
        step.send(None)
    except StopIteration:
        return
    step.close()


async def _answer(send: Any, status: int) -> None:
    length = [] if status == 204 else [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": length})
    await send({"type": "http.response.body", "body": b""})


def _person(scope: Any) -> str | None:
    for name, value in scope["headers"]:
        if name == b"cookie":
            person, _, signature = value.decode().removeprefix("session=").rpartition(".")
            return person if hmac.compare_digest(_sign(person.encode()), signature) else None
    return None


def _sign(person: bytes) -> str:
    return hmac.digest(KEY, person, hashlib.sha256).hex()
