"""A transcript as a file to keep: as text for people, as JSON for whoever recomputes its seals."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mentorinaja.formats import file_size, full_day, how_long, when, zone_name
from mentorinaja.rooms.room import Side
from mentorinaja.transcripts.queries import File, Line, Transcript
from mentorinaja.transcripts.seals import first_seal, microseconds

FORMAT = "mentorinaja-transcript-1"
_INDENT = "    "
# Turning the reading direction could make a line look like another one.
_TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_UNPRINTABLE = {"Cc", "Zl", "Zp"}
_HOW_TEXT = (
    "Cara memeriksa: unduh berkas .json dari halaman transkrip ini, hitung ulang segelnya seperti tertulis di"
    " dalamnya, lalu cocokkan segel akhirnya dengan yang ada di sini dan di email Anda setelah sesi."
)
_HOW_JSON = (
    "first_seal = SHA-256(room). Untuk setiap item: seal = SHA-256(32 byte segel sebelumnya + teks UTF-8"
    " 'room|seq|kind|who|id|at_microseconds|digest|words'). Segel ditulis heksadesimal; segel item terakhir ="
    " final_seal. digest = SHA-256 dari 'sha256|small_sha256|media_type|size_bytes|name'"
    " lampiran (kosong tanpa lampiran; small_sha256 kosong jika bukan gambar). Cocokkan final_seal dengan email"
    " Anda setelah sesi."
)


async def as_text(transcript: Transcript, lines: AsyncIterator[Line]) -> AsyncIterator[str]:
    """Readable lines: number, time in the reader's zone, name, words; nothing in it acts or misleads."""
    yield _head(transcript)
    day, seal, count = "", first_seal(transcript.room.booking_id), 0
    async for line in lines:
        today = full_day(line.sealed.at, transcript.zone)
        if today != day:
            day = today
            yield f"\n--- {day} ---\n"
        yield _entry(transcript, line)
        seal, count = line.seal, count + 1
    yield f"\nJumlah: {count}\nSegel akhir: {seal.hex()}\n{_HOW_TEXT}\n"


async def as_json(transcript: Transcript, lines: AsyncIterator[Line]) -> AsyncIterator[str]:
    """Every field that is needed to recompute the chain; one item a line."""
    facts = json.dumps(_facts(transcript), ensure_ascii=False, indent=1)
    yield facts.removesuffix("\n}") + ',\n "items": ['
    seal, separator = first_seal(transcript.room.booking_id), "\n"
    async for line in lines:
        yield separator + "  " + json.dumps(_item(line), ensure_ascii=False)
        seal, separator = line.seal, ",\n"
    yield f'\n ],\n "final_seal": "{seal.hex()}"\n}}\n'


def shown(text: str) -> str:
    """Text on one line as it can be shown: what is invisible and would act on the page stands as its code."""
    return "".join(
        f"‹U+{ord(character):04X}›"
        if ord(character) in _TURNING
        or (unicodedata.category(character) in _UNPRINTABLE and character != "\t")
        else character
        for character in text
    )


def _head(transcript: Transcript) -> str:
    room, zone = transcript.room, transcript.zone
    rows = [
        ("Pengguna", room.user_name),
        ("Mentor", room.expert_name),
        ("Layanan", transcript.service),
        ("Topik", room.topic),
        ("Order ID", f"#{room.order_id}"),
        (
            "Jawaban paling lambat" if room.kind == "thread" else "Jadwal",
            when(room.starts_at, zone, transcript.other_zone),
        ),
        ("Mulai", _moment(room.started_at, zone)),
        ("Berakhir", _moment(room.ended_at, zone)),
        ("Jeda", how_long(transcript.paused)),
    ]
    facts = "".join(f"{name}: {shown(value)}\n" for name, value in rows)
    return f"TRANSKRIP SESI MENTORINAJA\n\n{facts}Semua jam dalam {zone_name(zone)} ({_offset(zone)}).\n"


def _entry(transcript: Transcript, line: Line) -> str:
    item, room = line.sealed, transcript.room
    place = f"[{item.seq}] {_time(item.at, transcript.zone)}"
    if item.kind == "notice":
        return f"{place}  * {shown(room.notice_text(line.notice, transcript.side, with_time=False))}\n"
    side: Side = "user" if item.who == "user" else "expert"
    said = item.words.split("\n") if item.words else []
    if line.file is not None:
        said.append(_file(line.file))
    words = "".join(f"{_INDENT}{shown(part)}".rstrip() + "\n" for part in said)
    return f"{place}  {shown(room.name_of(side))}:\n{words}"


def _file(file: File) -> str:
    return f"[Berkas: {file.name}, {file.media_type}, {file_size(file.size_bytes)}]"


def _facts(transcript: Transcript) -> dict[str, Any]:
    room = transcript.room
    return {
        "format": FORMAT,
        "how_to_verify": _HOW_JSON,
        "room": str(room.booking_id),
        "order_id": room.order_id,
        "service": transcript.service,
        "topic": room.topic,
        "user": room.user_name,
        "expert": room.expert_name,
        "scheduled_at": room.starts_at.isoformat(),
        "started_at": room.started_at and room.started_at.isoformat(),
        "ended_at": room.ended_at and room.ended_at.isoformat(),
        "ended_by": room.ended_by,
        "paused_seconds": transcript.paused.total_seconds(),
        "first_seal": first_seal(room.booking_id).hex(),
    }


def _item(line: Line) -> dict[str, Any]:
    item = line.sealed
    told: dict[str, Any] = {
        "seq": item.seq,
        "kind": item.kind,
        "who": item.who,
        "id": item.id,
        "at": item.at.isoformat(),
        "at_microseconds": microseconds(item.at),
        "digest": item.digest,
        "words": item.words,
        "seal": line.seal.hex(),
    }
    if line.file is not None:
        told["file"] = {
            "name": line.file.name,
            "media_type": line.file.media_type,
            "size_bytes": line.file.size_bytes,
            "sha256": line.file.sha256.hex(),
            "small_sha256": line.file.small_sha256.hex() if line.file.small_sha256 else "",
        }
    return told


def _moment(at: datetime | None, zone: str) -> str:
    return f"{full_day(at, zone)}, {_time(at, zone)}" if at else "tidak pernah"


def _time(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M:%S} {zone_name(zone)}"


def _offset(zone: str) -> str:
    return {"WIB": "UTC+7", "WITA": "UTC+8", "WIT": "UTC+9"}[zone_name(zone)]
