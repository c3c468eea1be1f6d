"""The review form."""

from __future__ import annotations

from wtforms import RadioField, validators
from wtforms.widgets import TextArea

from mentorinaja.reviews.rules import LONGEST_COMMENT, SHORTEST_COMMENT
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
