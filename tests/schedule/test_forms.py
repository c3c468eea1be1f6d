"""What experts type about their working times: read kindly, refused beside the field it is about."""

from datetime import date

import pytest

from mentorinaja.schedule.forms import DayForm, DaysOffForm, ExtraForm, RulesForm, day_in
from mentorinaja.schedule.holidays import HOLIDAYS
from mentorinaja.schedule.rules import Hours, Rules, end_in, minutes_said, time_in
from mentorinaja.web.bodies import Posted

TODAY = date(2026, 11, 23)


def day_form(*ranges: tuple[str, str], **more: str) -> DayForm:
    """The form as a browser sends it."""
    pairs = [
        (f"r{n}-{name}", value)
        for n, each in enumerate(ranges)
        for name, value in zip(("starts", "ends"), each, strict=True)
    ]
    return DayForm(1, Posted([*pairs, *more.items()]))


def wrong(form: DayForm) -> list[list[str]]:
    """The fields with errors, row by row."""
    assert not form.validate()
    return [[name for name in ("starts", "ends") if getattr(row, name).errors] for row in form.rows]


def test_times_are_read_as_people_type_them() -> None:
    typed = {"9": 540, "09": 540, "9.30": 570, "09:30": 570, "0:00": 0, "24:00": 1440, "23.59": 1439}
    assert {text: time_in(text) for text in typed} == typed
    for text in ("", "24:01", "25", "9:5", "09:60", "jam 9", "٠٩:٠٠", "09:00\n", "-1", "9" * 40):
        assert time_in(text) is None, text
    assert end_in("00:00") == end_in("24:00") == 1440


def test_dates_are_read_as_browsers_send_them() -> None:
    assert day_in("2026-12-25") == date(2026, 12, 25)
    for text in ("", "25-12-2026", "2026-02-30", "20261225", "2026-W01-1", "٢٠٢٦-١٢-٢٥"):
        assert day_in(text) is None, text


def test_a_day_has_several_ranges_in_order_and_empty_rows_are_none() -> None:
    form = day_form(("13:00", "17:00"), ("", ""), ("8", "12.30"), ("20:00", "00:00"))
    assert form.validate()
    assert form.ranges() == [Hours(480, 750), Hours(780, 1020), Hours(1200, 1440)]
    assert day_form(("", "")).validate() and day_form(("", "")).ranges() == []
    assert day_form(("00:00", "00:00")).ranges() == [Hours(0, 1440)]


def test_errors_stand_beside_the_range_they_are_about() -> None:
    assert wrong(day_form(("09:00", "08:00"), ("10:00", "11:00"))) == [["ends"], []]
    assert wrong(day_form(("09:00", "12:00"), ("11:59", "13:00"))) == [[], ["starts"]]
    assert wrong(day_form(("13:00", "14:00"), ("12:00", "13:01"))) == [["starts"], []]
    assert wrong(day_form(("09:00", ""), ("", "12:00"), ("x", "y"))) == [
        ["ends"],
        ["starts"],
        ["starts", "ends"],
    ]
    assert wrong(day_form(("24:00", "00:00"))) == [["starts", "ends"]]
    assert wrong(day_form(("09:00\x00", "10:00"))) == [["starts"]]


def test_rows_are_added_and_removed_with_what_was_typed_kept() -> None:
    form = day_form(("09:00", "x"), ("13:00", "14:00"))
    form.add_row()
    assert [(row.starts.data, row.ends.data) for row in form.rows] == [
        ("09:00", "x"),
        ("13:00", "14:00"),
        ("", ""),
    ]
    assert [row.starts.name for row in form.rows] == ["r0-starts", "r1-starts", "r2-starts"]
    form.remove_row("0")
    form.remove_row("99")
    assert [row.starts.data for row in form.rows] == ["13:00", ""] and form.focus == 1
    full = day_form(*[("", "")] * 20)
    full.add_row()
    assert full.is_full and len(full.rows) == 8


def test_only_other_days_of_the_week_get_the_same_hours() -> None:
    def copied(*days: str) -> DayForm:
        return DayForm(1, Posted([("r0-starts", "9"), ("r0-ends", "10"), *(("also", day) for day in days)]))

    form = copied("2", "7")
    assert form.validate() and form.also.data == [2, 7]
    for odd in ("1", "8", "0", "x", "²", "9" * 30):
        assert not copied("2", odd).validate(), odd


def test_days_off_are_ahead_and_in_order() -> None:
    def form(first: str, last: str = "", note: str = "") -> DaysOffForm:
        return DaysOffForm(TODAY, Posted([("first", first), ("last", last), ("note", note)]))

    good = form("2026-12-24", "2027-01-02", "Mudik")
    assert good.validate() and good.span == (date(2026, 12, 24), date(2027, 1, 2))
    single = form("2026-11-23")
    assert single.validate() and single.span == (TODAY, TODAY)
    for first, last, field in (
        ("", "", "first"), ("2026-11-22", "", "first"), ("besok", "", "first"), ("2029-01-01", "", "first"),
        ("2026-12-24", "2026-12-23", "last"), ("2026-12-24", "9999-12-31", "last"), ("2026-12-24", "x", "last"),
    ):  # fmt: skip
        bad = form(first, last)
        assert not bad.validate() and list(bad.errors) == [field], (first, last)
    assert not form("2026-12-24", note="x" * 61).validate()


def test_extra_hours_want_a_day_and_both_times() -> None:
    def form(day: str, starts: str, ends: str) -> ExtraForm:
        return ExtraForm(TODAY, Posted([("day", day), ("starts", starts), ("ends", ends)]))

    good = form("2026-11-28", "19:00", "00:00")
    assert good.validate() and (good.date, good.hours) == (date(2026, 11, 28), Hours(1140, 1440))
    empty = form("", "", "")
    assert not empty.validate() and set(empty.errors) == {"day", "starts", "ends"}
    assert not form("2026-11-22", "19:00", "20:00").validate()
    assert not form("2026-11-28", "20:00", "19:00").validate()


def test_rules_stay_within_bounds_and_unusual_ones_can_stay() -> None:
    current = Rules(step_minutes=25, buffer_minutes=7, notice_minutes=100, horizon_days=45)
    sent = {
        "time_zone": "Asia/Makassar",
        "step_minutes": "25",
        "buffer_minutes": "7",
        "notice_minutes": "100",
    }

    def form(**changes: str) -> RulesForm:
        return RulesForm(current, Posted([*(sent | {"horizon_days": "45"} | changes).items()]))

    good = form()
    assert good.validate() and good.said() == Rules("Asia/Makassar", 25, 7, 100, 45)
    assert form(horizon_days="1").validate() and form(horizon_days="180").validate()
    for name, value in (
        ("horizon_days", "0"), ("horizon_days", "181"), ("horizon_days", "٣٠"), ("horizon_days", ""),
        ("step_minutes", "1"), ("notice_minutes", "74"), ("buffer_minutes", "-5"), ("time_zone", "Europe/Berlin"),
        ("notice_minutes", "x"),
    ):  # fmt: skip
        bad = form(**{name: value})
        assert not bad.validate() and list(bad.errors) == [name], (name, value)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "tanpa jeda"), (75, "75 menit"), (120, "2 jam"), (1440, "1 hari"), (90, "90 menit")],
)
def test_minutes_are_said_in_the_largest_unit(minutes: int, words: str) -> None:
    assert minutes_said(minutes) == words


def test_holidays_stand_in_order_and_those_with_a_fixed_date_come_every_year() -> None:
    assert list(HOLIDAYS) == sorted(HOLIDAYS)
    assert sum(day.year == 2026 for day in HOLIDAYS) == 17
    for year in (2026, 2027):
        assert {date(year, month, day) for month, day in ((1, 1), (5, 1), (6, 1), (8, 17), (12, 25))} <= set(
            HOLIDAYS
        )
