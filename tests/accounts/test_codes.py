"""Codes of authenticator apps and recovery codes, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from mentorinaja.accounts import codes

# RFC 6238, appendix B (SHA-1): the last six of its eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOON = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert codes.app_code(RFC_SECRET, codes.step_at(at)) == code
    assert codes.matching_step(RFC_SECRET, code, at) == codes.step_at(at)


def test_a_code_is_right_one_step_before_and_after_and_no_longer() -> None:
    secret, now = codes.new_secret(), codes.step_at(NOON)
    fits = [codes.matching_step(secret, codes.app_code(secret, now + away), NOON) for away in range(-2, 3)]
    assert fits == [None, now - 1, now, now + 1, None]
    assert codes.matching_step(secret, "", NOON) is None
    assert codes.matching_step(codes.new_secret(), codes.app_code(secret, now), NOON) is None


def test_the_next_code_is_one_that_is_still_accepted() -> None:
    secret, now = codes.new_secret(), codes.step_at(NOON)
    assert codes.next_code(secret, NOON, 0) == codes.app_code(secret, now)
    assert codes.next_code(secret, NOON, now) == codes.app_code(secret, now + 1)
    assert codes.next_code(secret, NOON, now + 1) is None
    assert codes.next_code(secret, NOON + timedelta(seconds=30), now + 1) == codes.app_code(secret, now + 2)


@pytest.mark.parametrize("typed", ["abcd-efgh-jkmn-pqrs", " ABCD EFGH JKMN PQRS ", "ABCDEFGHJKMNPQRS"])
def test_a_recovery_code_is_the_same_however_it_is_typed(typed: str) -> None:
    assert codes.normal_code(typed) == "ABCDEFGHJKMNPQRS"
    assert codes.is_recovery_code(codes.normal_code(typed)) and not codes.is_app_code(
        codes.normal_code(typed)
    )
    assert codes.recovery_hash(typed) == codes.recovery_hash("ABCD-EFGH-JKMN-PQRS")


def test_recovery_codes_are_ten_different_ones_that_can_be_read_off() -> None:
    fresh = codes.new_recovery_codes()
    assert len(set(fresh)) == 10
    assert all(codes.is_recovery_code(codes.normal_code(code)) for code in fresh)
    assert not set("".join(fresh)) & set("01IO")


def test_the_qr_code_is_a_picture_that_the_strict_policy_lets_through() -> None:
    image = codes.qr_code(codes.new_secret(), "admin@contoh.test")
    assert image.startswith("<svg") and "style=" not in image and "<script" not in image
