"""What the mentor's pages send."""

from __future__ import annotations

from wtforms import SelectField

from mentorinaja.web.forms import BaseForm, LineField


class ReadyForm(BaseForm):
    """The "Siap sekarang" switch: `on` is `1` or `0`, `until` is in how many hours it turns itself off."""

    on = LineField()
    until = SelectField(
        "Selama", choices=[(str(hours), f"{hours} jam") for hours in range(1, 5)], default="4"
    )
