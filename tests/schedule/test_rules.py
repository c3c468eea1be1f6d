"""What a schedule may look like."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mentorinaja.schedule.rules import (
    OFFICE_WEEK,
    Hours,
    Rules,
    ScheduleInvalid,
    SpecialDay,
    check_exceptions,
    check_rules,
    check_week,
    clock_minutes,
    clock_text,
    ready_until,
)

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


def test_times_of_day_are_read_and_written_the_same() -> None:
    for minutes in (0, 1, 570, 1439, 1440):
        assert clock_minutes(clock_text(minutes)) == minutes


@pytest.mark.parametrize(
    "text", ["", "9:00", "24:01", "25:00", "09:60", "09:00:00", "٠٩:٠٠", "09:00\n", " 09:00"]
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ScheduleInvalid):
        clock_minutes(text)


def test_office_hours_and_days_that_end_at_midnight_are_fine() -> None:
    check_week(OFFICE_WEEK)
    check_week({7: [Hours.parse("20:00", "24:00"), Hours.parse("00:00", "02:00")]})


def test_ranges_may_touch_but_not_overlap() -> None:
    check_week({1: [Hours.parse("09:00", "12:00"), Hours.parse("12:00", "13:00")]})
    with pytest.raises(ScheduleInvalid, match="Senin bertumpuk"):
        check_week({1: [Hours.parse("11:30", "13:00"), Hours.parse("09:00", "12:00")]})


@pytest.mark.parametrize("hours", [Hours(540, 540), Hours(600, 540), Hours(-1, 60), Hours(0, 1441)])
def test_a_range_begins_before_it_ends_within_the_day(hours: Hours) -> None:
    with pytest.raises(ScheduleInvalid):
        check_week({1: [hours]})


def test_there_is_no_eighth_day() -> None:
    with pytest.raises(ScheduleInvalid):
        check_week({8: [Hours(0, 60)]})


def test_a_day_off_has_no_hours_and_an_extra_range_has() -> None:
    day = date(2026, 12, 25)
    check_exceptions([SpecialDay(day, "off"), SpecialDay(day, "extra", Hours(540, 600))])
    for wrong in (SpecialDay(day, "off", Hours(540, 600)), SpecialDay(day, "extra")):
        with pytest.raises(ScheduleInvalid):
            check_exceptions([wrong])


@pytest.mark.parametrize(
    "rules",
    [
        Rules(time_zone="Europe/Paris"),
        Rules(step_minutes=4),
        Rules(step_minutes=241),
        Rules(buffer_minutes=-1),
        Rules(notice_minutes=74),
        Rules(horizon_days=0),
        Rules(horizon_days=366),
    ],
)
def test_rules_stay_within_what_the_product_offers(rules: Rules) -> None:
    with pytest.raises(ScheduleInvalid):
        check_rules(rules)


def test_ready_lasts_four_hours_at_most() -> None:
    assert ready_until(NOW, None) == NOW + timedelta(hours=4)
    assert ready_until(NOW, NOW + timedelta(hours=9)) == NOW + timedelta(hours=4)
    assert ready_until(NOW, NOW + timedelta(hours=1)) == NOW + timedelta(hours=1)


def test_ready_cannot_end_before_it_begins() -> None:
    with pytest.raises(ScheduleInvalid):
        ready_until(NOW, NOW)
