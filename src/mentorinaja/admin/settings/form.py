"""The form that changes fees and rules: percentages, steps and times as people write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import DateField, Field, HiddenField, IntegerField, RadioField, TimeField
from wtforms.validators import Optional
from wtforms.widgets import TextArea, TextInput

from mentorinaja.admin.settings.words import LABELS, steps_in, steps_typed
from mentorinaja.formats import WIB, percent
from mentorinaja.policies.rules import CHANGEABLE, REASON_LENGTH, Policy
from mentorinaja.typed import bps_in
from mentorinaja.web.forms import BaseForm, RupiahField, TextField, length, required, seen, typed


class PercentField(IntegerField):
    """A percentage as people write it, basis points in `data`; kept as typed."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the first value. Raises ValueError, which becomes the field's error."""
        first = valuelist[0] if valuelist else ""
        self.data = bps_in(first) if isinstance(first, str) else None
        if self.data is None:
            raise ValueError("Tulis persen, misalnya 5 atau 7,5.")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else percent(self.data).removesuffix("%")


class StepsField(Field):
    """Steps of cancelling, one a line; kept as typed."""

    widget = TextArea()  # type: ignore[assignment]  # it writes whatever `_value` answers

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the first value. Raises ValueError, which becomes the field's error."""
        first = valuelist[0] if valuelist else ""
        self.data = steps_in(first) if isinstance(first, str) else None
        if self.data is None:
            raise ValueError("Tulis satu langkah per baris, misalnya 24 jam: 100%.")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return steps_typed(self.data or ())


def _percent(name: str) -> PercentField:
    return PercentField(
        f"{LABELS[name]} (%)", render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 8}
    )


class ChangeForm(BaseForm):
    """A whole set, when it begins to hold and why; `known` is what was changed so far when the form was opened."""

    known = HiddenField()
    admin_fee_bps = _percent("admin_fee_bps")
    platform_fee_bps = _percent("platform_fee_bps")
    tax_bps = _percent("tax_bps")
    cancel_steps = StepsField(LABELS["cancel_steps"], render_kw={"rows": 4, "spellcheck": "false"})
    now_bps = _percent("now_bps")
    thread_bps = _percent("thread_bps")
    product_bps = _percent("product_bps")
    least_withdrawal = RupiahField(
        f"{LABELS['least_withdrawal']} (Rp)", [typed("Tulis jumlahnya.")], render_kw={"inputmode": "numeric"}
    )
    downloads = IntegerField(
        f"{LABELS['downloads']} (kali)", [typed("Tulis berapa kali.")], render_kw={"inputmode": "numeric"}
    )
    begins = RadioField(
        "Mulai berlaku", choices=[("now", "Sekarang"), ("later", "Pada waktu tertentu")], default="now"
    )
    day = DateField("Tanggal", [Optional()])
    time = TimeField("Jam (WIB)", [Optional()])
    reason = TextField(
        "Alasan",
        [
            required("Tulis alasan perubahan."),
            length("Tulis alasan perubahan, {} sampai {} karakter.".format(*REASON_LENGTH), *REASON_LENGTH),
            seen,
        ],
        widget=TextArea(),
        render_kw={"rows": 2},
    )

    @property
    def values(self) -> dict[str, Any]:
        """The set as it was typed, for `rules.changed`."""
        return {name: self[name].data for name in CHANGEABLE}

    @property
    def since(self) -> datetime | None:
        """When it is to begin; None: at once."""
        if self.begins.data != "later" or self.day.data is None or self.time.data is None:
            return None
        return datetime.combine(self.day.data, self.time.data, ZoneInfo(WIB))

    def validate(self, extra_validators: Any = None) -> bool:
        """As every form; a later time is told whole."""
        valid = super().validate(extra_validators)
        if self.begins.data == "later":
            for field, sentence in ((self.day, "Pilih tanggalnya."), (self.time, "Tulis jamnya.")):
                if field.data is None and not field.errors:
                    field.errors = [sentence]
                valid = valid and not field.errors
        return valid


def first_values(policy: Policy, known: str) -> ChangeForm:
    """The form as it is opened: what holds now."""
    return ChangeForm(data={"known": known} | {name: getattr(policy, name) for name in CHANGEABLE})
