"""What people write about a session."""

from __future__ import annotations

from wtforms.widgets import TextArea

from mentorinaja.rooms.reports import LONGEST, SHORTEST
from mentorinaja.web.forms import BaseForm, TextField, length


def _words(label: str) -> TextField:
    return TextField(
        label,
        [length(f"Tulis {SHORTEST} sampai {LONGEST} karakter.", SHORTEST, LONGEST)],
        widget=TextArea(),
    )


class ReportForm(BaseForm):
    """What was wrong."""

    words = _words("Apa yang terjadi?")


class ObjectionForm(BaseForm):
    """Why the user does not accept what a thread delivered."""

    words = _words("Apa yang belum sesuai?")
