"""When a session can be reviewed and replied to, until when either can be changed, and under which name it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from mentorinaja.bookings.rules import REPLY_WITHIN
from mentorinaja.errors import DomainError

WRITE_WITHIN = timedelta(days=30)
EDIT_WITHIN = timedelta(days=14)
SHORTEST_COMMENT = 10
LONGEST_COMMENT = 1000
SHORTEST_REPLY = 10
LONGEST_REPLY = 1000
ANONYMOUS = "Anonim"

DisplayName = Literal["first", "anonymous"]


class NotReviewable(DomainError):
    """This order cannot be reviewed, or its review not changed, at this time."""

    title = "Ulasan belum bisa ditulis"


class NotReplyable(DomainError):
    """The reply to this review stands for good."""

    title = "Balasan tidak bisa diubah lagi"


class OwnReview(DomainError):
    """Nobody decides about what they wrote or what was written about them."""

    title = "Minta admin lain"


class AlreadyDecided(DomainError):
    """Another admin was quicker, or it is as wished already."""

    title = "Sudah diputuskan"


class UnfitReason(DomainError):
    """Those it concerns read the reason: it has to be one."""

    status = 422
    title = "Tulis alasannya"


@dataclass(frozen=True, slots=True)
class Review:
    """What the payer wrote of one order; `rating` is 1 to 5, `hidden_because` empty while everybody sees it."""

    rating: int
    comment: str
    anonymous: bool
    created_at: datetime
    hidden_because: str


@dataclass(frozen=True, slots=True)
class Reviewable:
    """A payer's order with what decides about its review. `over_at` is when the session ended, if it did."""

    order_pk: int
    order_id: str
    expert_id: int
    expert_name: str
    expert_photo: UUID | None
    item_name: str
    payer_name: str
    status: str
    starts_at: datetime
    over_at: datetime | None
    review: Review | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """A review as its expert has it, with the reply that was written, if any; `rating` is 1 to 5.

    `hidden_because` is empty while everybody sees it; `moderated` counts how often that changed. The same of the reply.
    """

    order_pk: int
    order_id: str
    user_id: int
    expert_name: str
    expert_slug: str
    item_name: str
    display_name: str
    rating: int
    comment: str
    created_at: datetime
    reply: str | None
    replied_at: datetime | None
    hidden_because: str
    moderated: int
    reply_hidden_because: str
    reply_moderated: int
    now: datetime


def check_replyable(review: Received) -> None:
    """A first reply can be written at any time, and changed for 14 days, while the review is shown.

    Raises `NotReplyable`.
    """
    if review.hidden_because:
        raise NotReplyable(
            "Ulasan ini disembunyikan, jadi balasannya tidak dapat ditulis atau diubah.",
            [("Kembali ke Transaksi", "/expert/dashboard/transaksi?status=completed")],
        )
    if review.reply_hidden_because:
        raise NotReplyable(
            f"Balasan Anda disembunyikan: {review.reply_hidden_because}",
            [("Kembali ke Transaksi", "/expert/dashboard/transaksi?status=completed")],
        )
    if review.replied_at is not None and review.now > review.replied_at + REPLY_WITHIN:
        raise NotReplyable(
            "Balasan hanya bisa diubah sampai 14 hari setelah ditulis.",
            [("Kembali ke Transaksi", "/expert/dashboard/transaksi?status=completed")],
        )


def check_writable(order: Reviewable) -> None:
    """Raises `NotReviewable` unless a review can be written, or the one there is changed."""
    back = [("Lihat Riwayat", "/user/transactions?status=completed")]
    if order.status != "completed" or order.over_at is None:
        raise NotReviewable("Ulasan bisa ditulis setelah sesi selesai.", back)
    if order.review is not None:
        if order.review.hidden_because:
            raise NotReviewable(f"Ulasan Anda disembunyikan: {order.review.hidden_because}", back)
        if order.now > order.review.created_at + EDIT_WITHIN:
            raise NotReviewable("Ulasan hanya bisa diubah sampai 14 hari setelah ditulis.", back)
    elif order.now > order.over_at + WRITE_WITHIN:
        raise NotReviewable("Ulasan hanya bisa ditulis sampai 30 hari setelah sesi selesai.", back)


def shown_name(payer_name: str, anonymous: bool) -> str:
    """The name under the review: the first name, or none at all."""
    return ANONYMOUS if anonymous else payer_name.split()[0]
