"""What people type: what may not stand in any text of theirs, amounts of money, and cells of a spreadsheet."""

from __future__ import annotations

import re

# Control characters but line ends and tabs: nobody means them, and what shows a text later may obey them.
# NUL and lone surrogates cannot be stored at all.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

# Marks that turn text around or are not seen at all; the joiners that emoji are made of are left alone.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0]"
)

# Dots only between thousands, as rupiah are written; at most as many digits as any balance could have.
_RUPIAH = re.compile(r"(?:[Rr][Pp]\.? ?)?([1-9][0-9]{0,17}|[1-9][0-9]{0,2}(?:\.[0-9]{3}){1,5}|0)")
_PERCENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))? ?%?")
_WHOLE = re.compile(r"[0-9]{1,18}")
# What a spreadsheet takes for a formula at the beginning of a cell; a cell also begins at what another
# country's spreadsheet takes for the end of the one before.
_FORMULA = re.compile(r"""((?:^|[,;|])[\s"']*)(?=[=+\-@＝＋－＠])""")


def rupiah_in(text: str) -> int | None:
    """Whole rupiah as people write them (`50000`, `50.000`, `Rp 50.000`); None for anything else.

    >>> rupiah_in("Rp 1.500.000"), rupiah_in("1.5"), rupiah_in("1,000")
    (1500000, None, None)
    """
    match = _RUPIAH.fullmatch(text.strip())
    return int(match[1].replace(".", "")) if match else None


def bps_in(text: str) -> int | None:
    """A percentage as people write it (`5`, `7,5%`, `12.25`) in basis points; None for anything else.

    >>> bps_in("5"), bps_in("7,5%"), bps_in("12.25"), bps_in("-1")
    (500, 750, 1225, None)
    """
    match = _PERCENT.fullmatch(text.strip())
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")) if match else None


def whole_in(sent: object) -> int | None:
    """A number as our own forms carry it: plain digits, as many as fit; None for anything else.

    >>> whole_in("157500"), whole_in("-1"), whole_in(None)
    (157500, None, None)
    """
    return int(sent) if isinstance(sent, str) and _WHOLE.fullmatch(sent) else None


def has_unseen(text: str) -> bool:
    """Whether a text has marks that cannot be seen, or turn what follows around."""
    return _UNSEEN.search(text) is not None


def harmless(text: str) -> str:
    """A text that no spreadsheet runs: on one line, and with an apostrophe before what would begin a formula."""
    return _FORMULA.sub(r"\1'", " ".join(text.split()))
