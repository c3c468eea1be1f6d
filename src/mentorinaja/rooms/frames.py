"""A room's events as bytes: the page's own partials, rendered once for each of the two and shared by their streams."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment

from mentorinaja.live.stream import frame, opening
from mentorinaja.rooms.room import Item, Message, Notice, Room, Side

MESSAGE = "partials/rooms/message.html"
NOTICE = "partials/rooms/notice.html"
COUNTDOWN = "partials/rooms/countdown.html"
STATUS = "partials/rooms/status.html"
WAITING = "partials/rooms/waiting.html"
CONNECTION = "partials/rooms/connection.html"
PANEL = "partials/rooms/panel.html"
ENDED = "partials/rooms/ended.html"
ENDING = "partials/rooms/ending.html"
PLACE = "partials/rooms/place.html"
READ_MARK = "partials/rooms/read_mark.html"
TYPING = "partials/rooms/typing.html"

# Named events, for the script of the page.
OVER = frame("selesai", event="ended")
RELOAD = frame("muat ulang", event="changed")


# The answer to a POST and the sender's own stream show the same message moments apart.
@lru_cache(maxsize=512)
def message_html(templates: Environment, message: Message, side: Side, zone: str) -> str:
    """A message as `side` sees it: what the page includes, the POST answers and the stream pushes."""
    return templates.get_template(MESSAGE).render(item=message, side=side, zone=zone)


class Frames:
    """Renders what streams say. An unnamed frame's own content goes to the end of `#messages`."""

    def __init__(self, templates: Environment) -> None:
        self._templates = templates

    def opening(self, room: Room, side: Side, now: datetime) -> bytes:
        """What a stream says first: the line stands, and how the room is at this moment."""
        names = (CONNECTION, *_state(room), READ_MARK)
        return opening() + frame(self._parts(names, room=room, side=side, now=now))

    def countdown(self, room: Room, now: datetime) -> bytes:
        """The time left; the same for both."""
        return frame(self._parts((COUNTDOWN,), room=room, now=now))

    def state(self, room: Room, side: Side, now: datetime) -> bytes:
        """How the room is after a change."""
        return frame(self._parts(_state(room), room=room, side=side, now=now))

    def read_mark(self, room: Room, side: Side) -> bytes:
        """How far the other one has read, for `side`."""
        return frame(self._parts((READ_MARK,), room=room, side=side))

    def typing(self, room: Room, writer: Side) -> bytes:
        """That `writer` is writing, for the other one."""
        return frame(self._parts((TYPING,), name=room.name_of(writer)))

    def item(self, item: Item, room: Room, side: Side, now: datetime) -> bytes:
        """A message or a notice, with its number as the cursor. The last notice brings the ended screen along."""
        if isinstance(item, Message):
            return frame(message_html(self._templates, item, side, room.zone_of(side)), id=item.seq)
        html = self._render(NOTICE, item=item, room=room, side=side)
        if is_end(item):
            place = (PLACE,) if room.kind == "scheduled" else ()
            names = (STATUS, WAITING, COUNTDOWN, PANEL, *place, ENDED)
            html += self._parts(names, room=room, side=side, now=now)
        return frame(html, id=item.seq)

    def _parts(self, names: tuple[str, ...], /, **context: Any) -> str:
        return "".join(
            f'<hx-partial hx-target="#{_ROOTS[name]}" hx-swap="outerHTML">{self._render(name, **context)}</hx-partial>'
            for name in names
        )

    def _render(self, name: str, /, **context: Any) -> str:
        return self._templates.get_template(name).render(**context)


def _state(room: Room) -> tuple[str, ...]:
    """What may look different after a change; the question of the end stands beside a clock only.

    The place is another one once the two have met: until then somebody may be typing the code there.
    """
    place = (PLACE,) if room.met_at else ()
    return (STATUS, WAITING, COUNTDOWN, PANEL, *((ENDING,) if room.timed else place))


def is_end(item: Item) -> bool:
    """Whether this is the room's last item."""
    return isinstance(item, Notice) and item.kind == "ended"


# The id of each partial's root, which the pushed copy takes the place of.
_ROOTS = {
    COUNTDOWN: "countdown",
    STATUS: "room-status",
    WAITING: "waiting",
    CONNECTION: "connection",
    PANEL: "panel",
    ENDED: "ended",
    ENDING: "ending",
    PLACE: "place",
    READ_MARK: "read-mark",
    TYPING: "typing",
}
