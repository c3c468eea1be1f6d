"""What decisions of several desks ask for: a reason, or nothing."""

from __future__ import annotations

from wtforms.widgets import TextArea

from mentorinaja.web.forms import BaseForm, TextField, length, required, seen


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
