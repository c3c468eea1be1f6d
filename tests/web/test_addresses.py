"""Where a person is sent on to is always a path of this site."""

from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mentorinaja.web.addresses import safe_next

SITE = "https://mentorinaja.id"
PIECES = st.sampled_from(
    [
        "/",
        "//",
        "\\",
        "evil.example",
        "http:",
        "https:",
        "javascript:",
        "@",
        "%2f",
        "%5c",
        "%00",
        "%0d%0a",
        "\t",
        "\n",
        "?",
        "#",
        "..",
        ".",
        ":",
        "user",
        "next=",
        " ",
        "é",
        "😀",
        "%",
        "%25",
        "[",
        "]",
        "\x00",
        ";",
    ]
)


@given(st.one_of(st.lists(PIECES, max_size=8).map("".join), st.text(max_size=60)))
@example("/\t/evil.example")
@example("/%09/evil.example")
@example("//evil.example/%2f..")
@example("/%5cevil.example")
@example("/[")
@example("\ud800")
def test_whatever_is_asked_for_the_answer_stays_on_the_site(target: str) -> None:
    onward = safe_next(target)
    for form in (onward, unquote(onward)):
        assert urlsplit(urljoin(SITE + "/login", form)).netloc == "mentorinaja.id"
    assert onward.startswith("/") and not onward.startswith("//")
    assert onward.isascii() and onward.isprintable() and " " not in onward and "\\" not in onward
    onward.encode("latin-1")  # it becomes a header


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/user/transactions?status=pending",
        "/expert/sari/booking?service=3&date=2026-11-26",
        "/?q=ux%20design&page=2",
        "/session?bookingId=5f3c",
        "/a/b#c",
        "/?q=" + quote("desain é 😀"),
    ],
)
def test_paths_of_the_site_are_kept_as_they_are(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "user",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%2f/evil.example",
        "/" + "a" * 600,
        " /",
        "/ a",
        "/\r\nSet-Cookie: a=b",
        "/%0d%0aSet-Cookie: a=b",
    ],
)
def test_everything_else_leads_to_the_default(target: str | None) -> None:
    assert safe_next(target, "/expert/dashboard") == "/expert/dashboard"
