"""The session cookie: signed, bound to the host over HTTPS, worth nothing when touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.web.auth import cookie_name, no_session_cookie, read_cookie, session_cookie, token_hash
from tests.support.config import make_settings

PLAIN = make_settings("postgresql://x")
SECURE = make_settings("postgresql://x", base_url="https://mentorinaja.id")


def test_over_https_it_is_secure_and_bound_to_the_host() -> None:
    cookie = session_cookie(SECURE, "token", 60)
    assert cookie.key == "__Host-session" and cookie.secure and cookie.httponly
    assert (cookie.samesite, cookie.path, cookie.domain, cookie.max_age) == ("lax", "/", None, 60)


def test_over_plain_http_on_loopback_it_is_as_safe_as_it_can_be() -> None:
    cookie = session_cookie(PLAIN, "token", None)
    assert cookie.key == "session" and cookie.httponly and cookie.samesite == "lax"
    assert not cookie.secure and cookie.max_age is None


@pytest.mark.parametrize("settings", [PLAIN, SECURE])
def test_it_is_taken_away_by_the_name_it_has(settings: object) -> None:
    cookie = no_session_cookie(settings)  # type: ignore[arg-type]
    assert cookie.key == cookie_name(settings) and cookie.max_age == 0 and cookie.value == ""  # type: ignore[arg-type]


def test_the_token_comes_back_out_of_it() -> None:
    cookie = session_cookie(PLAIN, "token-123_x", None)
    assert read_cookie(PLAIN, {cookie.key: cookie.value or ""}) == "token-123_x"


def test_a_cookie_signed_with_another_key_is_nothing() -> None:
    other = make_settings("postgresql://x", secret_key="another secret, also long enough to be one")
    cookie = session_cookie(other, "token", None)
    assert read_cookie(PLAIN, {cookie.key: cookie.value or ""}) is None


def test_the_plain_cookie_is_not_taken_over_https() -> None:
    cookie = session_cookie(PLAIN, "token", None)
    assert read_cookie(SECURE, {cookie.key: cookie.value or ""}) is None


@given(st.text(max_size=200))
def test_any_other_text_is_nothing(value: str) -> None:
    assert read_cookie(PLAIN, {"session": value}) is None


def test_what_is_stored_of_a_token_says_nothing_about_it() -> None:
    assert len(token_hash("token")) == 32 and b"token" not in token_hash("token")
