"""What a payment's news means: pure, no database, no clock, no gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from mentorinaja.formats import WIB
from mentorinaja.payments.gateway_words import GatewayStatus

# unknown: a word we have no meaning for; quarantined: money came, but not what was asked for.
TransactionState = Literal[
    "unknown", "waiting", "review", "expired", "failed", "paid", "quarantined",
    "partially_refunded", "refunded", "chargeback", "reversed",
]  # fmt: skip
AttemptState = Literal["creating", "unknown", "open", "refused", "closed"]

# What is heard of one transaction can only climb, in whatever order it is heard.
_LADDER: tuple[TransactionState, ...] = (
    "unknown", "waiting", "review", "expired", "failed", "paid", "quarantined",
    "partially_refunded", "refunded", "chargeback", "reversed",
)  # fmt: skip
_RANK = {state: rank for rank, state in enumerate(_LADDER)}

_MEANING: dict[str, TransactionState] = {
    "pending": "waiting",
    "deny": "failed",
    "failure": "failed",
    "cancel": "failed",
    "expire": "expired",
    "refund": "refunded",
    "partial_refund": "partially_refunded",
    "chargeback": "chargeback",
    "partial_chargeback": "chargeback",
}
# Midtrans's words in the order in which one transaction can have them.
_WORDS = (
    "pending", "capture", "settlement", "partial_refund", "refund", "partial_chargeback", "chargeback",
    "expire", "failure", "deny", "cancel",
)  # fmt: skip
WORDS = frozenset(_WORDS)
_NO_MONEY = frozenset({"expire", "failure", "deny", "cancel"})
# Money has come (whatever became of it since).
MONEY_CAME: frozenset[TransactionState] = frozenset(
    {"paid", "quarantined", "partially_refunded", "refunded", "chargeback"}
)
WENT_BACK: frozenset[TransactionState] = frozenset({"partially_refunded", "refunded", "chargeback"})
# After these words Snap's page takes no other payment: another try needs another attempt.
_PAGE_IS_DONE = WORDS - {"pending", "failure", "deny"}
# Banks and counters take a settled payment back for some minutes after it.
_REVERSIBLE_TYPES = frozenset({"bank_transfer", "echannel", "cstore"})

# Opening a page this short before the deadline would only lead to late money.
CLOSING = timedelta(minutes=2)
# Money that an admin lets go back waits so long before it is sent: a mistake can still be taken back.
UNDO_WITHIN = timedelta(minutes=10)
# How long an overdue booking waits for Midtrans's last word before its end is written down without it.
LAST_WORD = timedelta(minutes=60)
_CHECKS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
_REVERSALS = timedelta(minutes=15)
# A captured card settles the next day; the notice of it may get lost.
_SETTLES = timedelta(hours=25)
_SETTLES_AT_LAST = timedelta(days=10)
_LONGEST_BACK_OFF = timedelta(hours=1)
# So long a notification of money may wait for Midtrans to confirm it before somebody should look.
UNHEARD_AFTER = timedelta(minutes=5)
# An overdue order waits for Midtrans's last word; later nobody closes it, and somebody should look.
OVERDUE_AFTER = LAST_WORD + timedelta(minutes=10)
# Three in the morning in Jakarta, when nobody pays.
_NIGHT = time(3, tzinfo=ZoneInfo(WIB))
_EVERY_NIGHT_FOR = timedelta(days=7)
_EVERY_WEEK_FOR = timedelta(days=180)
_GIVE_UP = timedelta(days=30)


def heard(status: GatewayStatus, asked: int) -> TransactionState:
    """Our word for what the status API says of a transaction of an attempt over `asked` rupiah."""
    state = _meaning(status)
    if state in MONEY_CAME and (status.amount != asked or status.currency != "IDR"):
        return "quarantined"
    if state in ("refunded", "partially_refunded") and status.returned:
        return "refunded" if status.returned >= status.amount else "partially_refunded"
    return state


def next_state(known: TransactionState | None, told: TransactionState) -> TransactionState:
    """What is known of one transaction after being told; the same for every order and repetition of telling.

    Money that came and a failure of the same transaction mean that it was taken back.
    """
    if known is None:
        return told
    if "failed" in (known, told) and MONEY_CAME & {known, told}:
        return "reversed"
    return max(known, told, key=_RANK.__getitem__)


def is_later(word: str, told: TransactionState, known_word: str, known: TransactionState) -> bool:
    """Whether Midtrans's `word` describes a transaction better than the one known, in whatever order they came.

    Of money that was taken back the word that took it back is kept: the money itself is in the ledger.
    """
    state = next_state(known, told)
    if state == "reversed" and (word in _NO_MONEY) != (known_word in _NO_MONEY):
        return word in _NO_MONEY
    if state not in (told, "reversed") or word not in WORDS:
        return False
    return known not in (state, "reversed") or _place(word) > _place(known_word)


def closes_page(status: GatewayStatus, state: TransactionState) -> bool:
    """Whether nothing more can be paid on the page this transaction came from."""
    return status.status in _PAGE_IS_DONE and state != "review"


@dataclass(frozen=True, slots=True)
class Known:
    """What polling needs to know of one transaction."""

    state: TransactionState
    payment_type: str
    gateway_status: str
    changed_at: datetime


def next_check(
    attempt: AttemptState, transactions: list[Known], created: datetime, now: datetime
) -> datetime | None:
    """When Midtrans is asked about an attempt again, or None when nothing more can come of it.

    After 1, 5, 15 and 60 minutes, then hourly; for some minutes also after a payment that may be reversed, and
    when a captured card should have settled.
    """
    undecided = attempt in ("creating", "unknown", "open") or any(
        known.state in ("waiting", "review", "unknown") for known in transactions
    )
    if undecided and now < created + _GIVE_UP:
        planned = [created + wait for wait in _CHECKS if created + wait > now]
        return planned[0] if planned else now + timedelta(hours=1)
    paid = [known for known in transactions if known.state == "paid"]
    reversals = [known.changed_at + _REVERSALS for known in paid if known.payment_type in _REVERSIBLE_TYPES]
    settling = [
        max(known.changed_at + _SETTLES, now + timedelta(hours=1))
        for known in paid
        if known.gateway_status == "capture" and now < known.changed_at + _SETTLES_AT_LAST
    ]
    return min((at for at in (*reversals, *settling) if at > now), default=None)


def back_off(misses: int) -> timedelta:
    """How long an attempt is left alone after so many questions in a row that Midtrans did not answer."""
    return min(timedelta(minutes=2 ** min(misses - 1, 10)), _LONGEST_BACK_OFF)


def held(status: GatewayStatus) -> int:
    """Rupiah of a transaction that Midtrans says it has for us, whatever we asked for."""
    return (
        status.amount - status.returned if _meaning(status) in MONEY_CAME and status.currency == "IDR" else 0
    )


def next_comparison(changed: datetime, now: datetime) -> datetime | None:
    """The night in which an attempt that last changed then is compared again; None: not any more.

    Every night for a week, then every week for half a year: banks take card payments back after months.
    """
    age = now - changed
    if age >= _EVERY_WEEK_FOR:
        return None
    nights = 1 if age < _EVERY_NIGHT_FOR else 7
    day = now.astimezone(_NIGHT.tzinfo).date()
    tonight = datetime.combine(day, _NIGHT)
    return tonight + timedelta(days=nights - (tonight > now))


def _place(word: str) -> int:
    return _WORDS.index(word) if word in WORDS else -1


def _meaning(status: GatewayStatus) -> TransactionState:
    if status.status == "settlement" or (status.status == "capture" and status.fraud in (None, "accept")):
        return "paid" if status.status_code == "200" else "unknown"
    if status.status == "capture":
        return {"challenge": "review", "deny": "failed"}.get(status.fraud or "", "unknown")  # type: ignore[return-value]  # three of our words
    return _MEANING.get(status.status, "unknown")
