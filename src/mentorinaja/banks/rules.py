"""The banks money can be sent to, and what an account number is: pure.

Codes are the three digits that ATM Bersama, Prima and SKN use (Bank Indonesia's clearing codes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPACING = re.compile(r"[ .\-]")
_NUMBER = re.compile(r"[0-9]{6,20}")


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank by its three-digit code."""

    code: str
    name: str


BANKS: dict[str, Bank] = {
    code: Bank(code, name)
    for code, name in (
        ("014", "BCA"),
        ("008", "Bank Mandiri"),
        ("009", "BNI"),
        ("002", "BRI"),
        ("451", "Bank Syariah Indonesia (BSI)"),
        ("022", "CIMB Niaga"),
        ("011", "Bank Danamon"),
        ("013", "Bank Permata"),
        ("200", "BTN"),
        ("016", "Maybank Indonesia"),
        ("019", "Panin Bank"),
        ("028", "OCBC Indonesia"),
        ("023", "UOB Indonesia"),
        ("426", "Bank Mega"),
        ("441", "Bank KB Bukopin"),
        ("147", "Bank Muamalat"),
        ("153", "Bank Sinarmas"),
        ("213", "SMBC Indonesia (Jenius)"),
        ("501", "BCA Digital (blu)"),
        ("535", "SeaBank"),
        ("542", "Bank Jago"),
        ("490", "Bank Neo Commerce"),
        ("567", "Allo Bank"),
        ("947", "Bank Aladin Syariah"),
        ("110", "Bank BJB"),
        ("111", "Bank DKI"),
        ("112", "Bank BPD DIY"),
        ("113", "Bank Jateng"),
        ("114", "Bank Jatim"),
        ("116", "Bank Aceh Syariah"),
        ("117", "Bank Sumut"),
        ("118", "Bank Nagari"),
        ("119", "Bank Riau Kepri Syariah"),
        ("120", "Bank Sumsel Babel"),
        ("129", "BPD Bali"),
        ("126", "Bank Sulselbar"),
    )
}


def account_number(typed: str) -> str | None:
    """The digits of an account number as people write it, with spaces, dots or hyphens; None when it is none."""
    digits = _SPACING.sub("", typed)
    return digits if _NUMBER.fullmatch(digits) else None


def tail(number: str) -> str:
    """What is kept readable of an account number: its last four digits."""
    return number[-4:]


def masked(tail: str) -> str:
    """An account number as screens show it, from its last four digits."""
    return f"•••• {tail}"
