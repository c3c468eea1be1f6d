"""The forms of a review and of the reply to it."""

from __future__ import annotations

from wtforms import RadioField, validators
from wtforms.widgets import TextArea

from mentorinaja.reviews.rules import LONGEST_COMMENT, LONGEST_REPLY, SHORTEST_COMMENT, SHORTEST_REPLY
from mentorinaja.web.forms import BaseForm, TextField, length, required


class ReviewForm(BaseForm):
    """Stars, words if any, and under which name."""

    rating = RadioField(
        "Nilai", [required("Pilih 1 sampai 5 bintang.")], choices=[(str(n), str(n)) for n in range(1, 6)]
    )
    comment = TextField(
        "Ulasan",
        [
            validators.Optional(),
            length(
                f"Tulis {SHORTEST_COMMENT} sampai {LONGEST_COMMENT} karakter, atau kosongkan.",
                SHORTEST_COMMENT,
                LONGEST_COMMENT,
            ),
        ],
        widget=TextArea(),
    )
    display_name = RadioField(
        "Nama yang ditampilkan",
        [required("Pilih nama yang ditampilkan.")],
        choices=[("first", "Nama depan"), ("anonymous", "Anonim")],
        default="first",
    )


class ReplyForm(BaseForm):
    """What the expert says to a review."""

    reply = TextField(
        "Balasan Anda",
        [
            required("Tulis balasan Anda."),
            length(f"Tulis {SHORTEST_REPLY} sampai {LONGEST_REPLY} karakter.", SHORTEST_REPLY, LONGEST_REPLY),
        ],
        widget=TextArea(),
    )
