"""What decisions about orders ask for besides the reason: sums of rupiah, another time."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import RadioField, SelectField, ValidationError
from wtforms.widgets import DateInput, TimeInput

from mentorinaja.admin.forms import ReasonForm, reason_field
from mentorinaja.formats import ZONE_NAMES
from mentorinaja.web.forms import LineField, RupiahField, required

SHARES = {"policy": "Menurut aturan order", "all": "Semua", "own": "Jumlah lain"}


class CancelForm(ReasonForm):
    """How much goes back of a session that is called off."""

    share = RadioField("Yang kembali kepada pembayar", choices=list(SHARES.items()), default="policy")
    amount = RupiahField("Jumlah lain")
    reason = reason_field()

    def validate_amount(self, field: Any) -> None:
        """Raises ValidationError when a sum of its own was chosen and none written."""
        if self.share.data == "own" and field.data is None and not field.errors:
            raise ValidationError("Tulis jumlahnya dalam rupiah.")


class RefundForm(ReasonForm):
    """How much goes back of what stays sold."""

    amount = RupiahField("Yang kembali kepada pembayar")
    reason = reason_field()

    def validate_amount(self, field: Any) -> None:
        """Raises ValidationError when there is none, or nothing is to go back."""
        if not field.data and not field.errors:
            raise ValidationError("Tulis jumlahnya dalam rupiah, lebih dari Rp 0.")


class MoveForm(ReasonForm):
    """Another time for a session."""

    date = LineField("Tanggal", [required("Pilih tanggal.")], widget=DateInput())
    time = LineField("Jam", [required("Tulis jam, misalnya 14:00.")], widget=TimeInput())
    zone = SelectField("Zona waktu", choices=list(ZONE_NAMES.items()))
    reason = reason_field()

    def validate_date(self, field: Any) -> None:
        """Raises ValidationError for a day that does not exist."""
        try:
            date.fromisoformat(field.data or "")
        except ValueError:
            raise ValidationError("Tulis tanggal yang benar, misalnya 2026-11-26.") from None

    def validate_time(self, field: Any) -> None:
        """Raises ValidationError for what is no time of day."""
        try:
            time.fromisoformat(field.data or "")
        except ValueError:
            raise ValidationError("Tulis jam yang benar, misalnya 14:00.") from None

    def starts_at(self) -> datetime:
        """The instant that is meant. Only of a valid form."""
        day, clock = date.fromisoformat(self.date.data or ""), time.fromisoformat(self.time.data or "")
        return datetime.combine(day, clock.replace(tzinfo=None), ZoneInfo(self.zone.data))
