"""What an account may look like."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.accounts import rules
from mentorinaja.accounts.tokens import fingerprint, make_link, read_link

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)
KEY = "k" * 32


@pytest.mark.parametrize(
    "typed",
    ["081234567890", "0812-3456-7890", "0812 3456 7890", "0812.3456.7890", "6281234567890", "62 812-3456-7890",
     "+62 812 3456 7890", "+62-812.3456.7890", "(0812) 3456 7890"],
)  # fmt: skip
def test_a_phone_number_is_understood_as_indonesians_write_it(typed: str) -> None:
    assert rules.normal_phone(typed) == "+6281234567890"


@pytest.mark.parametrize(
    "typed", ["", "halo", "0812", "12345", "08123456789012345678", "0812abc45678", "+", "62", "😀", "0" * 41]
)
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    assert rules.normal_phone(typed) is None


def test_a_number_from_abroad_is_welcome() -> None:
    assert rules.normal_phone("+65 8123 4567") == "+6581234567"


@given(st.text(max_size=60))
def test_any_text_is_a_number_as_the_database_wants_it_or_none(typed: str) -> None:
    number = rules.normal_phone(typed)
    assert number is None or (number.startswith("+") and number[1:].isascii() and 7 <= len(number[1:]) <= 15)


@pytest.mark.parametrize("typed", ["budi@mentorinaja.test", "Budi.S+x@gmail.com", "a@contoh.co.id"])
def test_an_address_is_taken_as_it_is(typed: str) -> None:
    assert rules.normal_email(typed) == typed


def test_a_domain_of_other_letters_is_kept_as_mail_servers_know_it() -> None:
    assert rules.normal_email("a@bücher.id") == "a@xn--bcher-kva.id"


@pytest.mark.parametrize(
    "typed",
    ["", "budi", "budi@", "@test.id", "a b@x.id", "a@x", "a@localhost", "a@x..id", "<script>@x.id", "a@x.id\nBcc: b@x.id",
     "'or 1=1--@x.id", "a@x.id, b@x.id", "a" * 250 + "@x.id", "é@x.id", "\x00@x.id", "a@b@c.id"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert rules.normal_email(typed) is None


@given(st.text(max_size=300))
def test_any_text_is_an_address_of_one_line_or_none(typed: str) -> None:
    address = rules.normal_email(typed)
    assert address is None or (address.isascii() and address.isprintable() and " " not in address)


@pytest.mark.parametrize(
    "password",
    [
        "mentorinaja",
        "kuda baterai benar",
        "😀🐴🔋✅😀🐴🔋✅😀🐴",
        "  spasi di tepi  ",
        "<script>alert(1)</script>",
        "x9" * 5 + "kq" * 123,
    ],
)
def test_any_characters_make_a_password(password: str) -> None:
    assert rules.password_problem(password) is None


@pytest.mark.parametrize(
    "password",
    ["password123", "Password123", "PASSWORD123!", "1234567890", "qwertyuiop", "1qaz2wsx3edc", "rahasia123", "aaaaaaaaaaaa",
     "1212121212", "iloveyou123", "indonesia1", "akusayangkamu", "abcdefghij", "mentorinaja123"],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert rules.password_problem(password) == "Password ini terlalu mudah ditebak. Pilih yang lain."


def test_a_password_has_10_to_256_characters() -> None:
    unusual = "kq7 wz!m" * 40
    assert rules.password_problem(unusual[:9]) is not None
    assert rules.password_problem(unusual[:10]) is None
    assert rules.password_problem(unusual[:256]) is None
    assert rules.password_problem(unusual[:257]) is not None


def test_the_own_email_is_no_password() -> None:
    assert rules.password_problem("budi.santoso@x.id", email="Budi.Santoso@x.id") is not None
    assert rules.password_problem("budi.santoso", email="Budi.Santoso@x.id") is not None


def test_a_link_says_what_it_was_made_for_until_it_is_over() -> None:
    token = make_link(KEY, "reset", 7, "hash", NOW + timedelta(minutes=30))
    claim = read_link(KEY, "reset", token, NOW + timedelta(minutes=29, seconds=59))
    assert claim is not None and (claim.user_id, claim.bound_to) == (7, fingerprint("hash"))
    assert read_link(KEY, "reset", token, NOW + timedelta(minutes=30)) is None


def test_a_link_of_another_purpose_key_or_hand_is_nothing() -> None:
    token = make_link(KEY, "reset", 7, "hash", NOW + timedelta(minutes=30))
    assert read_link(KEY, "verify", token, NOW) is None
    assert read_link("x" * 32, "reset", token, NOW) is None
    assert read_link(KEY, "reset", ("A" if token[0] != "A" else "B") + token[1:], NOW) is None
    assert read_link(KEY, "reset", "WzEsMTc5NTYyNzIxNiwiYSJd." + token.split(".")[1], NOW) is None


@given(st.text(max_size=200))
def test_any_text_in_place_of_a_link_is_nothing(token: str) -> None:
    assert read_link(KEY, "reset", token, NOW) is None
