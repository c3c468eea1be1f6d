"""What users write who object to what a thread delivered."""

from __future__ import annotations

from wtforms.widgets import TextArea

from mentorinaja.reports.rules import LONGEST, SHORTEST
from mentorinaja.web.forms import BaseForm, TextField, length


class ObjectionForm(BaseForm):
    """Why the user does not accept what a thread delivered."""

    words = TextField(
        "Apa yang belum sesuai?",
        [length(f"Tulis {SHORTEST} sampai {LONGEST} karakter.", SHORTEST, LONGEST)],
        widget=TextArea(),
    )
