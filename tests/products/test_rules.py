"""Products without a database: addresses, downloads that go on, and what goes back."""

import pytest

from mentorinaja.products.rules import goes_back, resumed_at, wrong_link


@pytest.mark.parametrize(
    "link",
    [
        "https://drive.example.com/a",
        "https://a.example/b?c=d#e",
        "https://a.example:443/b",
        "https://xn--a-0fa.id/b",
    ],
)
def test_addresses_that_buyers_can_be_sent_to(link: str) -> None:
    assert wrong_link(link) is None


@pytest.mark.parametrize(
    "link",
    [
        "", "drive.example.com", "http://a.example", "ftp://a.example", "javascript:alert(1)", "https:///a", "https://",
        "https://localhost/a", "https://a.example/b c", "https://a.example/\nb", "https://user@a.example",
        "https://a:b@c.example", "https://a.example:8443/b", "https://a.example:x/b", "https://[::1/a",
        "https://contoh.example/é", "https://a.example/" + "b" * 1000,
    ],
)  # fmt: skip
def test_addresses_that_nobody_is_sent_to(link: str) -> None:
    assert wrong_link(link)


def test_only_from_here_to_the_end_of_the_same_file_goes_on() -> None:
    assert resumed_at("bytes=100-", None, '"a"') == resumed_at("bytes=100-", '"a"', '"a"') == 100
    for wanted in (
        None,
        "",
        "bytes=0-",
        "bytes=-5",
        "bytes=1-2",
        "bytes=1-,5-",
        "items=1-",
        "bytes=1e3-",
        "bytes=٣-",
    ):
        assert resumed_at(wanted, None, '"a"') == 0, wanted
    assert resumed_at("bytes=100-", '"b"', '"a"') == 0


def test_what_goes_back_favours_the_buyer() -> None:
    assert goes_back({"until_first_download_bps": 10_000}, 157_500) == 157_500
    assert goes_back({"until_first_download_bps": 3_333}, 100) == 34
    assert goes_back({"until_first_download_bps": 0}, 157_500) == 0
