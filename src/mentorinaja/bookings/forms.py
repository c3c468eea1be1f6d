"""Forms that choose a time: what was typed, read strictly, with an Indonesian sentence beside each field."""

from __future__ import annotations

import re
from datetime import date as Day
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import HiddenField, RadioField, SelectField, ValidationError

from mentorinaja.bookings import rules
from mentorinaja.bookings.choosing import FURTHEST, Choice, Times, instant
from mentorinaja.formats import ZONE_NAMES, duration, rupiah, zone_name
from mentorinaja.web.forms import BaseForm, LineField, TextField, length, required

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_SERVICE_ID = re.compile(r"[0-9]{1,18}")
_SHOWN = re.compile(r"([0-9]{1,18})=([0-9]{1,18})", re.ASCII)


class TimeForm(BaseForm):
    """A day and a time of it. `offer` says what can be chosen before the form is validated or shown."""

    date = RadioField("Pilih Tanggal", validate_choice=False)
    time = RadioField("Pilih Waktu", validate_choice=False)
    zone = HiddenField()

    times: Times
    now: datetime

    def offer(self, times: Times, now: datetime) -> None:
        """Show the times; what was chosen stays where it still can be."""
        self.times = times
        self.now = now
        self.date.choices = [(str(day), str(day)) for day in times.days]
        self.time.choices = times.times
        if times.is_thread:
            self.date.label.text = "Jawaban paling lambat"
            self.time.label.text = f"Jam paling lambat ({zone_name(times.zone)})"
        else:
            self.time.label.text = f"Pilih Waktu ({zone_name(times.zone)})"

    def select(self) -> None:
        """Before showing: mark as chosen what the page shows, and what cannot be chosen as not."""
        self.date.data = str(self.times.day) if self.times.day else None
        self.zone.data = self.times.zone
        if self.time.data not in dict(self.times.times):
            self.time.data = None

    def show(self, wanted: str) -> None:
        """Take over what a button only asked to be shown: nothing, a day, or `2026-11-26T14:00`."""
        day, _, clock = wanted.partition("T")
        self.date.data = day or self.date.data
        self.time.data = clock or self.time.data

    @property
    def day(self) -> Day | None:
        """The day as it was sent, or None when there is no such day."""
        return _day(self.date.data)

    @property
    def known_zone(self) -> str | None:
        """The zone as it was sent, or None when it is none of Indonesia's."""
        return self.zone.data if self.zone.data in ZONE_NAMES else None

    def starts_at(self) -> datetime | None:
        """The instant chosen (of a thread, when its answer is due), None for "Sekarang". Only of a valid form."""
        if self.time.data == "now":
            return None
        day = self.day
        assert day is not None, "a valid form has a day"
        return instant(day, self.time.data, self.times.zone)

    def validate_date(self, field: Any) -> None:
        """Raises ValidationError for a day that is missing, impossible or past; "Sekarang" needs none."""
        if self.time.data == "now":
            return
        if not field.data:
            raise ValidationError("Pilih tanggal.")
        if self.day is None:
            raise ValidationError("Tanggal ini tidak ada. Pilih salah satu tanggal.")
        today = self.now.astimezone(ZoneInfo(self.times.zone)).date()
        if self.day < today:
            raise ValidationError("Tanggal ini sudah lewat. Pilih tanggal lain.")
        if self.day > today + FURTHEST:
            raise ValidationError("Tanggal ini terlalu jauh. Pilih tanggal lain.")

    def validate_time(self, field: Any) -> None:
        """Raises ValidationError for what is neither a time of day nor `now`."""
        if not field.data:
            raise ValidationError("Pilih waktu.")
        if field.data == "now" and self.times.is_thread:
            raise ValidationError("Layanan ini dijawab tertulis. Pilih kapan jawabannya paling lambat.")
        if field.data != "now" and not _TIME.fullmatch(field.data):
            raise ValidationError("Waktu ini tidak dikenal. Pilih salah satu waktu.")
        if not self.known_zone:
            raise ValidationError("Zona waktunya tidak dikenal. Pilih lagi waktunya.")


class MoveForm(TimeForm):
    """Another time for a session that is paid."""

    def validate_time(self, field: Any) -> None:
        """As for every time, and "Sekarang" is none: the expert must know of it before."""
        super().validate_time(field)
        if field.data == "now":
            raise ValidationError("Pilih salah satu waktu.")

    def chosen(self) -> datetime:
        """The instant chosen. Only of a valid form."""
        starts = self.starts_at()
        assert starts is not None, "a valid form has a time of day"
        return starts


class BookingForm(TimeForm):
    """A session to be booked."""

    service = SelectField("Layanan", validate_choice=False)
    topic = LineField(
        "Topik Konsultasi",
        [
            required("Tulis topik yang ingin Anda bahas."),
            length("Topik berisi 5 sampai 150 karakter.", *rules.TOPIC_LENGTH),
        ],
    )
    notes = TextField(
        "Catatan Tambahan (Opsional)",
        [length("Catatan paling banyak 2.000 karakter.", most=rules.NOTES_LENGTH)],
    )
    payment_method = RadioField(
        "Metode Pembayaran",
        choices=[(method, about.name) for method, about in rules.METHODS.items()],
        validate_choice=False,
    )

    # What each service costs as the page shows it (`12=157500 13=315000`): nobody pays more without having seen it.
    shown = HiddenField()

    choice: Choice

    def offer_choice(self, choice: Choice, now: datetime) -> None:
        """Show what can be chosen; what was chosen stays where it still can be."""
        self.choice = choice
        self.offer(choice, now)
        self.service.choices = [
            (
                str(service.id),
                f"{service.name} · {duration(service.duration_minutes)} · {rupiah(service.price)}",
            )
            for service in choice.services
        ]

    def select(self) -> None:
        """Before showing: mark as chosen what the page shows, and what cannot be chosen as not."""
        super().select()
        self.service.data = str(self.choice.service.id)
        self.shown.data = " ".join(
            f"{service_id}={total}" for service_id, total in self.choice.totals.items()
        )
        if self.payment_method.data in self.choice.refusals:
            self.payment_method.data = None

    @property
    def service_id(self) -> int | None:
        """The service's id as it was sent, or None when that is no number."""
        sent = self.service.data
        return int(sent) if isinstance(sent, str) and _SERVICE_ID.fullmatch(sent) else None

    @property
    def shown_total(self) -> int | None:
        """What the chosen service cost on the page that was sent, in whole rupiah, or None when it did not say."""
        sent = self.shown.data if isinstance(self.shown.data, str) else ""
        totals = {int(match[1]): int(match[2]) for match in _SHOWN.finditer(sent)}
        return totals.get(self.choice.service.id)

    def validate_service(self, field: Any) -> None:
        """Raises ValidationError for a service this expert does not sell."""
        if self.service_id not in {service.id for service in self.choice.services}:
            raise ValidationError("Pilih salah satu layanan.")

    def validate_payment_method(self, field: Any) -> None:
        """Raises ValidationError for a way to pay that is not there or not for this total."""
        if field.data not in rules.METHODS:
            raise ValidationError("Pilih metode pembayaran.")
        if reason := self.choice.refusals.get(field.data):
            raise ValidationError(reason)


def _day(sent: object) -> Day | None:
    if not isinstance(sent, str) or not _DATE.fullmatch(sent):
        return None
    try:
        return Day.fromisoformat(sent)
    except ValueError:
        return None
