"""The steps, what must be there, and addresses made of names; without a database."""

import pytest

from mentorinaja.applications import rules
from mentorinaja.applications.forms import SkillsForm
from mentorinaja.applications.rules import Facts, NotDecidable, NotOpen
from mentorinaja.experts.rules import check_slug
from mentorinaja.schedule.rules import check_week
from mentorinaja.web.bodies import Posted

COMPLETE = Facts(position=True, bio_length=40, expertise=1, services=1, works=True)


def test_who_has_all_that_must_be_there_goes_on_to_the_last_step() -> None:
    assert rules.missing_steps(Facts()) == ["tentang", "keahlian", "layanan", "jadwal"]
    assert rules.step_to_go_on(Facts(position=True, bio_length=39)) == "tentang"
    assert rules.step_to_go_on(Facts(position=True, bio_length=40)) == "keahlian"
    assert rules.step_to_go_on(COMPLETE) == "kirim"
    told = rules.hints(COMPLETE)
    assert all(hint.done for hint in told if hint.required)
    assert not any(hint.done for hint in told if not hint.required)


def test_every_step_is_followed_by_the_next_and_the_last_by_itself() -> None:
    assert [rules.after(step) for step in rules.STEPS] == ["keahlian", "layanan", "jadwal", "kirim", "kirim"]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Dewi Anggraini", "dewi-anggraini"),
        ("Ayu Çelebi-Ölmez, M.Sc.", "ayu-celebi-olmez-m-sc"),
        ("Bo", "mentor-bo"),
        ("管理", "mentor-2"),
        ("Admin", "admin-2"),
        ("x" * 120, "x" * 40),
    ],
)
def test_an_address_is_made_of_any_name(name: str, first: str) -> None:
    proposed = rules.slugs_for(name)
    assert proposed[0] == first and len(set(proposed)) == len(proposed)
    for slug in proposed:
        check_slug(slug)


def test_the_hours_to_begin_with_are_weeks_as_any() -> None:
    for week in rules.WEEKS.values():
        check_week(week or {})


def test_the_form_is_open_to_drafts_and_rejected_ones_alone() -> None:
    for status in ("none", "draft", "rejected"):
        rules.check_open(status)
    for status in ("submitted", "published", "paused"):
        with pytest.raises(NotOpen):
            rules.check_open(status)


def test_a_reason_says_something() -> None:
    assert rules.check_reason("  Lengkapi bio Anda.  ") == "Lengkapi bio Anda."
    for reason in ("", "          tidak", "x" * 1001):
        with pytest.raises(NotDecidable):
            rules.check_reason(reason)


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("Data, Karier", ("Data", "Karier")),
        (" Data ;; Karier\r\nC++,", ("Data", "Karier", "C++")),
        ("Data, data", None),
        ("Dátá, Data", None),
        ("D\u0430ta", None),  # a Cyrillic letter
        ("😀", None),
        ("Da\u200bta", None),
        ("<script>", None),
        (" , ; ", None),
        ("x" * 41, None),
        (", ".join(f"tag {n}" for n in range(21)), None),
    ],
)
def test_tags_are_told_with_commas_between_them(typed: str, tags: tuple[str, ...] | None) -> None:
    form = SkillsForm(Posted([("expertise", typed), ("skills", "")]))
    assert form.validate() == (tags is not None), form.errors
    assert tags is None or form.expertise.tags == tags
