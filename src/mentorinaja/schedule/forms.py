"""Forms in which experts say when they work: a weekday, days off, extra hours, and the rules of slots."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from wtforms import HiddenField, SelectField, SelectMultipleField, ValidationError
from wtforms.widgets import CheckboxInput

from mentorinaja.formats import ZONE_NAMES
from mentorinaja.schedule import rules
from mentorinaja.schedule.editing import MOST_RANGES, NOTE_LENGTH
from mentorinaja.schedule.plan import overlapping, print_of, print_of_rules
from mentorinaja.schedule.rules import (
    DAY_NAMES,
    MINUTES_A_DAY,
    Hours,
    Rules,
    ScheduleInvalid,
    clock_text,
    end_in,
    minutes_said,
    time_in,
)
from mentorinaja.web.bodies import Posted
from mentorinaja.web.forms import BaseForm, LineField, length, required

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,6}")
_BAD_TIME = "Tulis jam seperti 09:00."
_STEPS = (15, 20, 30, 45, 60, 90, 120)
_BUFFERS = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120)
_NOTICES = (75, 120, 180, 240, 360, 720, 1440, 2880, 4320, 10_080)


class RangeForm(BaseForm):
    """One range of a day. A range without any time is none."""

    starts = LineField("Mulai")
    ends = LineField("Selesai")

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen."""
        return not self.starts.data and not self.ends.data

    @property
    def hours(self) -> Hours:
        """The range. Only of a valid form that is not empty."""
        starts, ends = time_in(self.starts.data or ""), end_in(self.ends.data or "")
        assert starts is not None and ends is not None, "the form was validated"
        return Hours(starts, ends)

    def validate_starts(self, field: LineField) -> None:
        """A time of day, unless the row is empty."""
        if not self.is_empty and time_in(field.data or "") in (None, MINUTES_A_DAY):
            raise ValidationError(_BAD_TIME)

    def validate_ends(self, field: LineField) -> None:
        """A time of day after the beginning; midnight ends the day."""
        if self.is_empty:
            return
        starts, ends = time_in(self.starts.data or ""), end_in(field.data or "")
        if ends is None:
            raise ValidationError(_BAD_TIME)
        if starts is not None and ends <= starts:
            raise ValidationError("Jam selesai harus sesudah jam mulai.")


class DayForm(BaseForm):
    """The ranges of one weekday, and the days that get the same."""

    also = SelectMultipleField("Salin ke hari lain", coerce=int, option_widget=CheckboxInput())
    seen = HiddenField()

    rows: list[RangeForm]

    def __init__(self, weekday: int, sent: Posted | None = None, *, ranges: Sequence[Hours] = ()) -> None:
        """The form as it was sent, else with the `ranges` there are."""
        super().__init__(sent, data={"seen": print_of(ranges)})
        self.weekday = weekday
        self.also.choices = [(day, name) for day, name in enumerate(DAY_NAMES, 1) if day != weekday]
        if sent is None:
            self.rows = [
                RangeForm(
                    None, prefix=f"r{n}-", data={"starts": clock_text(each.starts), "ends": _end_text(each)}
                )
                for n, each in enumerate(ranges)
            ] or [RangeForm(None, prefix="r0-")]
        else:
            self.rows = [
                RangeForm(sent, prefix=f"r{n}-") for n in range(MOST_RANGES + 1) if f"r{n}-starts" in sent
            ]

    @property
    def focus(self) -> int:
        """The place of the row to go on with: one that is wrong, else an empty one, else the first."""
        wrong = (n for n, row in enumerate(self.rows) if row.errors)
        empty = (n for n, row in enumerate(self.rows) if row.is_empty)
        return next(wrong, next(empty, 0))

    @property
    def is_full(self) -> bool:
        """Whether the day can have no more ranges."""
        return len(self.rows) >= MOST_RANGES

    def add_row(self) -> None:
        """One more range, empty; the rows are numbered anew."""
        self._renumber([*self._typed(), ("", "")])

    def remove_row(self, place: str) -> None:
        """Without the range at this place, as its button says it."""
        self._renumber([typed for n, typed in enumerate(self._typed()) if str(n) != place])

    def validate(self, extra_validators: Any = None) -> bool:
        """Every range for itself, then whether they overlap; errors stand beside the range."""
        valid = super().validate(extra_validators)
        # Every row is looked at: each has words of its own.
        looked_at = [row.validate() for row in self.rows]
        valid = valid and all(looked_at)
        if not valid:
            return False
        told = [row for row in self.rows if not row.is_empty]
        ranges = [row.hours for row in told]
        for place in overlapping(ranges):
            told[place].starts.errors = ["Jam ini bertumpuk dengan rentang lain hari ini."]
            valid = False
        return valid

    def ranges(self) -> list[Hours]:
        """The ranges in order. Only of a valid form."""
        return sorted(row.hours for row in self.rows if not row.is_empty)

    def _typed(self) -> list[tuple[str, str]]:
        return [(row.starts.data or "", row.ends.data or "") for row in self.rows]

    def _renumber(self, typed: list[tuple[str, str]]) -> None:
        self.rows = [
            RangeForm(None, prefix=f"r{n}-", data={"starts": starts, "ends": ends})
            for n, (starts, ends) in enumerate(typed[:MOST_RANGES])
        ]


class DaysOffForm(BaseForm):
    """Days off, from a first to a last one; only the first is told for a single day."""

    first = LineField("Tanggal pertama", [required("Pilih tanggalnya.")])
    last = LineField("Sampai dengan")
    note = LineField(
        "Keterangan", [length(f"Keterangan paling banyak {NOTE_LENGTH} karakter.", most=NOTE_LENGTH)]
    )

    def __init__(self, today: date, sent: Any = None) -> None:
        """`today` is the day it is for the expert."""
        super().__init__(sent)
        self.today = today
        self.last.flags.optional = self.note.flags.optional = True

    @property
    def span(self) -> tuple[date, date]:
        """First and last day. Only of a valid form."""
        first = day_in(self.first.data or "")
        assert first is not None, "the form was validated"
        return first, day_in(self.last.data or "") or first

    def validate_first(self, field: LineField) -> None:
        """A day that is not past."""
        _check_day(field, self.today)

    def validate_last(self, field: LineField) -> None:
        """A day that is not before the first."""
        if not field.data:
            return
        last = day_in(field.data)
        if last is None:
            raise ValidationError("Tulis tanggal yang benar.")
        first = day_in(self.first.data or "")
        if first is not None and first >= self.today:
            _told(lambda: rules.check_span(first, last, self.today))


class ExtraForm(RangeForm):
    """Hours worked on a date in addition to the weekly ones."""

    day = LineField("Tanggal", [required("Pilih tanggalnya.")])
    starts = LineField("Mulai", [required(_BAD_TIME)])
    ends = LineField("Selesai", [required(_BAD_TIME)])

    def __init__(self, today: date, sent: Any = None) -> None:
        """`today` is the day it is for the expert."""
        super().__init__(sent)
        self.today = today

    @property
    def date(self) -> date:
        """The day. Only of a valid form."""
        day = day_in(self.day.data or "")
        assert day is not None, "the form was validated"
        return day

    def validate_day(self, field: LineField) -> None:
        """A day that is not past."""
        _check_day(field, self.today)


class RulesForm(BaseForm):
    """How slots are cut. A value that is none of the usual ones can stay."""

    time_zone = SelectField("Zona waktu", choices=list(ZONE_NAMES.items()))
    step_minutes = SelectField("Jarak antar slot", coerce=int)
    buffer_minutes = SelectField("Jeda sesudah setiap sesi", coerce=int)
    notice_minutes = SelectField("Pesan paling lambat", coerce=int)
    horizon_days = LineField("Jadwal dibuka sampai (hari ke depan)", [required("Tulis jumlah harinya.")])
    seen = HiddenField()

    def __init__(self, current: Rules, sent: Posted | None = None) -> None:
        """The form as it was sent, else with the `current` rules."""
        super().__init__(
            sent,
            data={
                "time_zone": current.time_zone,
                "step_minutes": current.step_minutes,
                "buffer_minutes": current.buffer_minutes,
                "notice_minutes": current.notice_minutes,
                "horizon_days": str(current.horizon_days),
                "seen": print_of_rules(current),
            },
        )
        self.step_minutes.choices = _choices(_STEPS, current.step_minutes)
        self.buffer_minutes.choices = _choices(_BUFFERS, current.buffer_minutes)
        self.notice_minutes.choices = _choices(_NOTICES, current.notice_minutes)

    def validate_horizon_days(self, field: LineField) -> None:
        """Whole days within bounds."""
        if not _NUMBER.fullmatch(field.data or ""):
            raise ValidationError("Tulis angka bulat, misalnya 30.")
        _told(lambda: rules.check_rules(Rules(horizon_days=int(field.data or ""))))

    def said(self) -> Rules:
        """The rules as the form has them. Only of a valid form."""
        return Rules(
            time_zone=self.time_zone.data,
            step_minutes=self.step_minutes.data,
            buffer_minutes=self.buffer_minutes.data,
            notice_minutes=self.notice_minutes.data,
            horizon_days=int(self.horizon_days.data or ""),
        )


def day_in(text: str) -> date | None:
    """A date as browsers send it, `2026-12-25`; None for anything else."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _choices(usual: Sequence[int], current: int) -> list[tuple[int, str]]:
    return [(minutes, minutes_said(minutes)) for minutes in sorted({*usual, current})]


def _end_text(hours: Hours) -> str:
    """A field for a time of day shows the end of the day as 00:00."""
    return clock_text(hours.ends % MINUTES_A_DAY)


def _check_day(field: LineField, today: date) -> None:
    day = day_in(field.data or "")
    if day is None:
        raise ValidationError("Tulis tanggal yang benar.")
    _told(lambda: rules.check_span(day, day, today))


def _told(check: Callable[[], None]) -> None:
    """A rule's sentence beside the field."""
    try:
        check()
    except ScheduleInvalid as wrong:
        raise ValidationError(wrong.text) from wrong
