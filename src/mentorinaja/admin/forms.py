"""What decisions of several desks ask for: a reason, the bank's reference of a transfer, or nothing."""

from __future__ import annotations

from wtforms.widgets import TextArea

from mentorinaja.transfers.rules import LONGEST_REFERENCE, SHORTEST_REFERENCE
from mentorinaja.web.forms import BaseForm, LineField, TextField, length, required, seen


def reason_field() -> TextField:
    """Why somebody decides; a form's last field."""
    return TextField(
        "Alasan",
        [required("Tulis alasannya."), length("Tulis alasan, 10 sampai 1000 karakter.", 10, 1000), seen],
        widget=TextArea(),
        render_kw={"rows": 3},
    )


class PlainForm(BaseForm):
    """A decision that asks for nothing more."""


class ReasonForm(BaseForm):
    """A decision with its reason, which stays in the log and which those it concerns read."""

    reason = reason_field()

    @property
    def why(self) -> str:
        """The reason. Only of a valid form."""
        return self.reason.data or ""


class SentForm(BaseForm):
    """A transfer that was made by hand: the bank's own number of it, which whoever gets the money reads."""

    reference = LineField(
        "Nomor referensi bank",
        [
            required("Tulis nomor referensi bank."),
            length(
                f"Tulis nomor referensi bank, {SHORTEST_REFERENCE} sampai {LONGEST_REFERENCE} karakter.",
                SHORTEST_REFERENCE,
                LONGEST_REFERENCE,
            ),
            seen,
        ],
        render_kw={"autocomplete": "off", "maxlength": LONGEST_REFERENCE},
    )

    @property
    def number(self) -> str:
        """The reference. Only of a valid form."""
        return self.reference.data or ""
