"""What people write who report a session."""

from __future__ import annotations

from wtforms.widgets import TextArea

from mentorinaja.reports.rules import LONGEST, SHORTEST
from mentorinaja.web.forms import BaseForm, TextField, length


class ReportForm(BaseForm):
    """What was wrong."""

    words = TextField(
        "Apa yang terjadi?",
        [length(f"Tulis {SHORTEST} sampai {LONGEST} karakter.", SHORTEST, LONGEST)],
        widget=TextArea(),
    )
