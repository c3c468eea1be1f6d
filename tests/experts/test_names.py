"""Addresses and tags: what they may be made of, and what only looks like something else."""

import pytest

from mentorinaja.experts.names import slug_from, stranger_in, tag_key, tag_problem, tidy_tag
from mentorinaja.experts.profile_forms import AboutForm, EducationForm, SlugField, TagForm, WorkForm
from mentorinaja.web.bodies import Posted

ABOUT = {
    "position_title": "Senior Product Manager",
    "company": "",
    "years_experience": "8",
    "bio": "Membantu orang.",
    "city": "Bandung",
    "country": "Indonesia",
    "slug": "sari",
}


def errors(form: type, values: dict[str, str], **more: object) -> dict[str, str]:
    filled = form(Posted(list(values.items())), **more)
    filled.validate()
    return {name: " ".join(problems) for name, problems in filled.errors.items()}


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Sari Wulandari", "sari-wulandari"),
        ("Dr. Siti Nurhaliza, M.Sc.", "dr-siti-nurhaliza-m-sc"),
        ("Zoë  Østergård", "zoe-stergard"),
        ("日本", ""),
        ("--A--", "a"),
        ("x" * 80, "x" * 50),
    ],
)
def test_a_name_proposes_an_address(name: str, slug: str) -> None:
    assert slug_from(name) == slug


@pytest.mark.parametrize(
    ("slug", "named"),
    [
        ("s\u0430ri", "bukan huruf a–z biasa"),  # a Cyrillic a
        ("sári", "bukan huruf a–z biasa"),
        ("sari😀", "😀"),
        ("sari w", "spasi"),
        ("sari\u200b", "tak terlihat"),
        ("sari_w", "“_”"),
    ],
)
def test_what_no_address_may_have_is_named(slug: str, named: str) -> None:
    assert named in (stranger_in(slug) or "")
    assert named in errors(AboutForm, ABOUT | {"slug": slug})["slug"]


def test_a_pasted_address_is_cut_and_made_small() -> None:
    assert SlugField.plain(" https://mentorinaja.com/expert/Sari-W/ ") == "sari-w"
    assert SlugField.plain("sári") == "sári"
    assert not errors(AboutForm, ABOUT | {"slug": "https://mentorinaja.com/expert/Sari-W"})


@pytest.mark.parametrize(
    "tag",
    ["C++", "C#", ".NET", "UI/UX", "R&D (Farmasi)", "Résumé", "Pajak & Hukum", "5G", "Bahasa Inggris: TOEFL"],
)
def test_these_can_be_tags(tag: str) -> None:
    assert tag_problem(tidy_tag(tag)) is None


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "x" * 41,
        "SQL, Python",
        "<script>alert(1)</script>",
        "🚀",
        "UX 🚀",
        "pyth\u043en",  # a Cyrillic o
        "\u0251gile",  # a Latin alpha
        "ad\u0131m",  # a dotless i
        "日本語",
        "a\u200bb",
        "\u202eLQS",
        "a\nb\x00",
        "Z\u0337a",
        "---",
    ],
)
def test_these_cannot_be_tags(tag: str) -> None:
    assert tag_problem(tidy_tag(tag)) is not None
    assert errors(TagForm, {"name": tag})


def test_a_tag_is_kept_tidy_and_compared_as_it_is_read() -> None:
    assert tidy_tag("  ＵＸ   Riset ") == "UX Riset"
    assert tidy_tag("\U0001d4df\U0001d502thon") == "Python"
    assert tag_key("Résumé") == tag_key("RESUME")
    assert tag_key("C") != tag_key("C++")


def test_what_cannot_be_seen_is_refused_and_emoji_in_a_bio_are_not() -> None:
    assert "tidak terlihat" in errors(AboutForm, ABOUT | {"company": "Go\u200bjek"})["company"]
    assert not errors(AboutForm, ABOUT | {"bio": "Halo 👩\u200d💻\nsemua"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("position_title", ""),
        ("position_title", "x"),
        ("position_title", "x" * 81),
        ("position_title", "a\nb"),
        ("company", "x" * 81),
        ("years_experience", ""),
        ("years_experience", "-1"),
        ("years_experience", "71"),
        ("years_experience", "٨"),
        ("years_experience", "1_0"),
        ("years_experience", "8.5"),
        ("years_experience", "9" * 5000),
        ("bio", "x" * 5001),
        ("country", ""),
        ("slug", ""),
        ("slug", "ab"),
        ("slug", "admin"),
        ("slug", "a" * 51),
    ],
)
def test_bad_input_is_told_beside_its_field(field: str, value: str) -> None:
    assert not errors(AboutForm, ABOUT)
    assert list(errors(AboutForm, ABOUT | {field: value})) == [field]


def test_years_of_a_life_are_in_their_order() -> None:
    work = {"title": "PM", "company": "Gojek", "from_year": "2020", "to_year": "", "description": ""}
    assert not errors(WorkForm, work, this_year=2026)
    assert not errors(WorkForm, work | {"to_year": "2020"}, this_year=2026)
    for change in ({"from_year": "2027"}, {"from_year": ""}, {"from_year": "1939"}, {"to_year": "2019"},
                   {"to_year": "2027"}, {"to_year": "x"}, {"description": "x" * 1001}):  # fmt: skip
        assert list(errors(WorkForm, work | change, this_year=2026)) == list(change)
    degree = {"degree": "MBA", "institution": "UI", "year": "2030"}
    assert not errors(EducationForm, degree, this_year=2026)
    assert list(errors(EducationForm, degree | {"year": "2035"}, this_year=2026)) == ["year"]
