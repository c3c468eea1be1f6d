"""Which addresses are asked for at all, and how busy times add up."""

from datetime import UTC, datetime, timedelta

import pytest

from mentorinaja.calendars.rules import (
    REASONS,
    CannotRead,
    is_public,
    merged,
    next_try,
    parse_address,
    token_of,
)

NOW = datetime(2027, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("https://calendar.google.com/a/basic.ics", "https://calendar.google.com:443/a/basic.ics"),
        ("  webcal://Kalender.ID/x  ", "https://kalender.id:443/x"),
        ("https://kalénder.id", "https://xn--kalnder-dya.id:443/"),
        ("https://a.test:443/b?c=d e&f=%20#g", "https://a.test:443/b?c=d%20e&f=%20"),
        ("https://a.test./rapat pagi.ics", "https://a.test:443/rapat%20pagi.ics"),
        ("https://[2606:4700::1111]/a", "https://[2606:4700::1111]:443/a"),
    ],
)
def test_an_address_is_asked_for_as_the_network_knows_it(typed: str, asked: str) -> None:
    assert parse_address(typed).whole == asked


@pytest.mark.parametrize(
    "typed",
    [
        "", "kalender", "http://a.test/x", "ftp://a.test/x", "file:///etc/passwd", "https://", "https:///x",
        "https://a.test:8443/x", "https://a.test:99999/", "https://a.test:x/", "https://budi:rahasia@a.test/",
        "https://a.test\\@b.test/", "https://a.test/\r\nHost: b.test", "https://a.test/\x00", "https://[::1",
        "https://a b.test/", "https://a..test/", "javascript:alert(1)", "https://" + "a" * 2000, "gopher://a.test:70/",
    ],
)  # fmt: skip
def test_what_is_no_https_address_is_refused(typed: str) -> None:
    with pytest.raises(CannotRead) as refusal:
        parse_address(typed)
    assert refusal.value.reason == "address"


def test_one_local_server_can_be_named_and_no_other() -> None:
    local = "http://127.0.0.1:8123"
    assert parse_address("http://127.0.0.1:8123/a", local).whole == "http://127.0.0.1:8123/a"
    for other in ("http://127.0.0.1:8124/a", "http://127.0.0.2:8123/a", "http://localhost:8123/a"):
        with pytest.raises(CannotRead):
            parse_address(other, local)


@pytest.mark.parametrize(
    "number",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::8.8.8.8", "64:ff9b::8.8.8.8",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::", "2001:db8::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0",
        "fec0::1", "ff02::1", "100::1", "3fff::1", "kalender.test", "",
    ],
)  # fmt: skip
def test_no_network_of_our_own_is_public(number: str) -> None:
    assert not is_public(number)


@pytest.mark.parametrize("number", ["8.8.8.8", "142.250.4.100", "2606:4700::1111", "2404:6800:4003::200e"])
def test_the_internet_is_public(number: str) -> None:
    assert is_public(number)


def test_busy_times_are_put_in_order_cut_and_joined() -> None:
    def hours(*pairs: tuple[int, int]) -> list[tuple[datetime, datetime]]:
        return [(NOW + timedelta(hours=a), NOW + timedelta(hours=b)) for a, b in pairs]

    within = hours((0, 24))[0]
    told = hours((5, 6), (-3, 1), (2, 3), (3, 4), (2, 2), (7, 6), (23, 30), (30, 40), (5, 7), (-9, -5))
    assert merged(told, within) == hours((0, 1), (2, 4), (5, 7), (23, 24))


def test_a_calendar_is_read_every_quarter_to_half_hour_and_one_long_out_of_order_less_often() -> None:
    for spread in (0.0, 0.5, 1.0):
        for failing in (None, timedelta(), timedelta(days=3)):
            assert timedelta(minutes=15) <= next_try(NOW, failing, spread) - NOW <= timedelta(minutes=30)
    assert next_try(NOW, timedelta(days=4), 0.5) - NOW == timedelta(hours=6)


def test_tokens_are_long_and_differ_by_key_person_and_nonce() -> None:
    tokens = {
        token_of(key, person, nonce)
        for key in ("a", "b")
        for person in (1, 2)
        for nonce in (b"x" * 16, b"y" * 16)
    }
    # Logs leave out whatever is longer than fifty letters between two slashes.
    assert len(tokens) == 8 and all(len(token) > 50 for token in tokens)


def test_nobody_is_told_which_names_our_own_network_knows() -> None:
    assert REASONS["private"] == REASONS["unreachable"]
