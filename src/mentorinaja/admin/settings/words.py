"""How the desk calls what a set of policies says, and how steps of cancelling are typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mentorinaja.formats import percent, rupiah
from mentorinaja.policies.rules import CHANGEABLE, Step
from mentorinaja.typed import bps_in

LABELS: Mapping[str, str] = {
    "admin_fee_bps": "Biaya admin",
    "platform_fee_bps": "Biaya platform",
    "tax_bps": "Pajak",
    "cancel_steps": "Pembatalan sesi",
    "now_bps": "Pembatalan sesi sekarang",
    "thread_bps": "Pembatalan jawaban tertulis",
    "product_bps": "Pengembalian produk",
    "least_withdrawal": "Penarikan paling sedikit",
    "downloads": "Unduhan produk",
}
_STEP = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]))? ?(hari|jam|menit)\s*[:=]?\s*(\S.*)")
_MINUTES = {"hari": 1440, "jam": 60, "menit": 1}


def said(name: str, value: Any) -> str:
    """What of `CHANGEABLE` a set says, in words."""
    if name == "cancel_steps":
        return ", ".join(map(_step, value))
    if name == "least_withdrawal":
        return rupiah(value)
    return f"{value} kali" if name == "downloads" else percent(value)


def said_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What changed from one set to another, each as a sentence without a full stop."""
    return [
        f"{LABELS[name]}: {said(name, before[name])} → {said(name, after[name])}"
        for name in CHANGEABLE
        if _same(before[name]) != _same(after[name])
    ]


def steps_typed(steps: Sequence[Sequence[int]]) -> str:
    """Steps as they are typed, one a line."""
    return "\n".join(map(_step, steps))


def steps_in(text: str) -> tuple[Step, ...] | None:
    """Steps as people type them, one a line (`24 jam: 100%`, `90 menit 50`); None for anything else.

    >>> steps_in("24 jam: 100%\\n1,5 jam 50\\n0 jam: 0%"), steps_in("besok")
    (((1440, 10000), (90, 5000), (0, 0)), None)
    """
    found = [_step_in(line.strip()) for line in text.splitlines() if line.strip()]
    steps = tuple(step for step in found if step is not None)
    return steps if steps and len(steps) == len(found) else None


def _step(step: Sequence[int]) -> str:
    minutes, bps = step
    ahead = f"{minutes} menit" if minutes % 60 else f"{minutes // 60} jam"
    return f"{ahead}: {percent(bps)}"


def _step_in(line: str) -> Step | None:
    match = _STEP.fullmatch(line)
    bps = bps_in(match[4]) if match else None
    if match is None or bps is None:
        return None
    size = _MINUTES[match[3]]
    return int(match[1]) * size + int(match[2] or 0) * size // 10, bps


def _same(value: Any) -> Any:
    """Steps are lists in JSON and tuples in a set."""
    return [list(step) for step in value] if isinstance(value, (list, tuple)) else value
