"""What was acknowledged and what was seen, written down as it happens, and compared with what is true afterwards."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO
from uuid import UUID

from selectolax.lexbor import LexborHTMLParser as HTMLParser

from tests.support.streams import Event

# (number, client id) of a message; notices have no client id.
Place = tuple[int, str]
_ITEM = re.compile(r'<li [^>]*?id="message-(\d+)"[^>]*>')
_CLIENT_ID = re.compile(r'data-client-id="([^"]*)"')


@dataclass
class History:
    """One room's history; each line of the file is one thing that happened."""

    room: UUID
    file: IO[str] = field(repr=False)
    # client id → the numbers it was acknowledged with
    acknowledged: dict[str, list[int]] = field(default_factory=dict)
    # who → client ids in the order in which they were acknowledged
    said: dict[str, list[str]] = field(default_factory=dict)
    # who → what the stream brought, in that order
    seen: dict[str, list[Place]] = field(default_factory=dict)

    def acknowledge(self, who: str, client_id: str, seq: int, at: float) -> None:
        """The server's answer came: it is in the room under this number."""
        if client_id not in self.acknowledged:
            self.said.setdefault(who, []).append(client_id)
        self.acknowledged.setdefault(client_id, []).append(seq)
        self._write(what="acknowledged", who=who, id=client_id, seq=seq, at=at)

    def see(self, who: str, event: Event, at: float) -> None:
        """The stream of one side brought an item, which the page would show."""
        for place in items_in(event.data):
            self.seen.setdefault(who, []).append(place)
            self._write(what="seen", who=who, id=place[1], seq=place[0], at=at)

    def _write(self, **line: object) -> None:
        self.file.write(json.dumps({"room": str(self.room), **line}) + "\n")

    def faults(
        self, stored: Sequence[Place], senders: Mapping[str, str], pages: Mapping[str, Sequence[Place]]
    ) -> list[str]:
        """What is wrong, in words; nothing when acknowledged, stored, streamed and shown agree.

        `stored` is the table, notices included, in order; `senders` says whose each client id is.
        """
        found = _order("the table", [seq for seq, _ in stored])
        table = {client_id: seq for seq, client_id in stored if client_id}
        for client_id, numbers in self.acknowledged.items():
            if table.get(client_id) not in numbers:
                found.append(
                    f"{client_id} was acknowledged as {numbers} and is stored as {table.get(client_id)}"
                )
            if len(set(numbers)) > 1:
                found.append(f"{client_id} was acknowledged under different numbers: {numbers}")
        found += [
            f"{client_id} is stored and nobody sent it" for client_id in table if client_id not in senders
        ]
        for who, said in self.said.items():
            order = [client_id for _, client_id in stored if senders.get(client_id) == who]
            if order != said:
                found.append(f"{who} said it in another order than it is stored")
        for where, shown in [*_named("stream", self.seen), *_named("page", pages)]:
            found += _compare(where, stored, shown)
        return found


def items_in(html: str) -> list[Place]:
    """(number, client id) of each message or notice in a piece of HTML, in its order."""
    return [
        (int(item[1]), client_id[1] if (client_id := _CLIENT_ID.search(item[0])) else "")
        for item in _ITEM.finditer(html)
    ]


def items_on(page: HTMLParser) -> list[Place]:
    """The same of a page, read as a browser reads it."""
    return [
        (int((item.attributes.get("id") or "").removeprefix("message-")), item.attributes.get("data-client-id") or "")
        for item in page.css("#messages > li[data-seq]")
    ]  # fmt: skip


def _named(kind: str, of: Mapping[str, Sequence[Place]]) -> list[tuple[str, Sequence[Place]]]:
    return [(f"{who}'s {kind}", shown) for who, shown in of.items()]


def _order(where: str, numbers: Sequence[int]) -> list[str]:
    if list(numbers) == list(range(1, len(numbers) + 1)):
        return []
    return [f"{where} is not numbered 1, 2, 3…: {_strange(numbers)}"]


def _compare(where: str, stored: Sequence[Place], shown: Sequence[Place]) -> list[str]:
    found = []
    times, there = Counter(shown), set(stored)
    if lost := [place for place in stored if not times[place]]:
        found.append(f"{where} lost {len(lost)}, the first {lost[:3]}")
    if doubled := [place for place, count in times.items() if count > 1]:
        found.append(f"{where} shows {len(doubled)} more than once, such as {doubled[:3]}")
    if invented := [place for place in times if place not in there]:
        found.append(f"{where} shows {len(invented)} that are not stored, such as {invented[:3]}")
    if [seq for seq, _ in shown] != sorted(seq for seq, _ in shown):
        found.append(f"{where} is out of order: {_strange([seq for seq, _ in shown])}")
    return found


def _strange(numbers: Sequence[int]) -> str:
    for place in range(1, len(numbers)):
        if numbers[place] != numbers[place - 1] + 1:
            return f"… {list(numbers[max(0, place - 3) : place + 3])} …"
    return f"{list(numbers[:5])} …"
