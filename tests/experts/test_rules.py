"""What experts may tell and sell, and how a search is said in an address."""

from dataclasses import replace
from datetime import date

import pytest

from mentorinaja.experts.rules import (
    RESERVED_SLUGS,
    NewService,
    Profile,
    ProfileInvalid,
    Search,
    can_be_slug,
    check_profile,
    check_service,
    check_slug,
    numbers,
    pages,
)

PROFILE = Profile("sari-wulandari", "Product Manager")
CHAT = NewService("Chat Konsultasi", "online_chat", 30, 150_000)


@pytest.mark.parametrize("slug", ["abc", "sari", "sari-wulandari-2", "a1-b2", "a" * 50])
def test_these_can_be_slugs(slug: str) -> None:
    check_slug(slug)


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "ab",
        "a" * 51,
        "Sari",
        "sari wulandari",
        "sari_w",
        "-sari",
        "sari-",
        "sa--ri",
        "sári",
        "sari\n",
        "../x",
    ],
)
def test_these_cannot_be_slugs(slug: str) -> None:
    with pytest.raises(ProfileInvalid):
        check_slug(slug)


@pytest.mark.parametrize(
    "word", ["login", "apply", "dashboard", "booking", "logout", "admin", "api", "static", "baru"]
)
def test_fixed_paths_win_over_slugs(word: str) -> None:
    assert word in RESERVED_SLUGS
    with pytest.raises(ProfileInvalid, match="dipakai oleh MentorinAja"):
        check_slug(word)


def test_an_address_that_was_never_a_slug_is_not_looked_up() -> None:
    assert can_be_slug("Sari") and can_be_slug("sa--ri")
    assert not any(can_be_slug(text) for text in ("", "a b", "x" * 51, "a\x00b", "sari\n", "sári"))


@pytest.mark.parametrize(
    "change",
    [
        {"position_title": ""},
        {"position_title": "x" * 81},
        {"years_experience": 71},
        {"bio": "x" * 5001},
        {"expertise": ("",)},
        {"expertise": ("Karier", "karier")},
        {"skills": tuple(f"s{n}" for n in range(21))},
        {"slug": "admin"},
    ],
)
def test_a_profile_out_of_bounds_is_refused(change: dict[str, object]) -> None:
    check_profile(PROFILE)
    with pytest.raises(ProfileInvalid):
        check_profile(replace(PROFILE, **change))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    "change",
    [
        {"name": "ab"},
        {"name": "x" * 81},
        {"category": "telepathy"},
        {"duration_minutes": 4},
        {"duration_minutes": None, "category": "online_video"},
        {"duration_minutes": 481},
        {"price": 9_999},
        {"price": 50_000_001},
        {"description": "x" * 2001},
        {"category": "offline_event"},
        {"category": "offline_event", "address": "  "},
    ],
)
def test_a_service_out_of_bounds_is_refused(change: dict[str, object]) -> None:
    check_service(CHAT)
    with pytest.raises(ProfileInvalid):
        check_service(replace(CHAT, **change))  # type: ignore[arg-type]  # fields by name


def test_services_at_the_bounds_are_fine() -> None:
    check_service(replace(CHAT, duration_minutes=5, price=10_000))
    check_service(replace(CHAT, duration_minutes=480, price=50_000_000))
    check_service(replace(CHAT, duration_minutes=None))
    check_service(replace(CHAT, category="offline_event", address="Jl. Melati 1"))


def test_an_address_says_only_what_is_asked() -> None:
    assert Search().address() == "/"
    asked = Search(q="ux & riset", price_min=50_000, day=date(2026, 11, 26), sort="price", page=3)
    assert asked.address() == "/?q=ux+%26+riset&price_min=50000&day=2026-11-26&sort=price&page=3"
    assert asked.without("q", "price_min") == "/?day=2026-11-26&sort=price"
    assert (
        asked.address_up_to_page + "2" == "/?q=ux+%26+riset&price_min=50000&day=2026-11-26&sort=price&page=2"
    )
    assert Search().address_up_to_page + "2" == "/?page=2"


def test_filters_are_counted_and_said_in_words() -> None:
    asked = Search(
        q="ux", category="online_chat", price_min=50_000, price_max=100_000, day=date(2026, 11, 26)
    )
    assert asked.filters == 3
    assert [words for words, _ in asked.asked] == ["“ux”", "Chat", "Rp 50.000 – Rp 100.000", "Kamis, 26 Nov"]
    assert Search(price_max=100_000).asked == [("sampai Rp 100.000", ("price_min", "price_max"))]


def test_pages_are_full_but_the_last() -> None:
    assert [pages(n) for n in (0, 1, 24, 25, 48, 49)] == [1, 1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("page", "last", "shown"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 9, [1, 2, None, 9]),
        (5, 9, [1, None, 4, 5, 6, None, 9]),
        (9, 9, [1, None, 8, 9]),
    ],
)
def test_a_pager_leaves_out_what_is_far(page: int, last: int, shown: list[int | None]) -> None:
    assert numbers(page, last) == shown
