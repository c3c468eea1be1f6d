"""Text becomes HTML: nothing typed is markup, addresses become links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from mentorinaja.links import linkify


def links(text: str) -> list[tuple[str, str]]:
    """(href, shown) of every link."""
    return [(a.attributes["href"] or "", a.text()) for a in HTMLParser(linkify(text)).css("a")]


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("https://contoh.com", "https://contoh.com"),
        ("lihat https://contoh.com/cv?a=1&b=2#x.", "https://contoh.com/cv?a=1&b=2#x"),
        ("(https://contoh.com/a_(b))", "https://contoh.com/a_(b)"),
        ("[HTTP://CONTOH.COM/A]", "HTTP://CONTOH.COM/A"),
        ("https://contoh.com/„kutip”", "https://contoh.com/„kutip”"),
        ("www.contoh.com!", "https://www.contoh.com"),
        ("https://münchen.de/straße", "https://münchen.de/straße"),
        ("https://contoh.com:8443/a", "https://contoh.com:8443/a"),
        ("baris\nhttps://contoh.com\nlain", "https://contoh.com"),
    ],
)
def test_addresses_are_clickable(text: str, href: str) -> None:
    assert [found for found, _ in links(text)] == [href]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "data:text/html,<script>", "https://", "https://localhost", "http://[",
        "https://bank.co.id@jahat.com", "https://bank.co.id:443@jahat.com", "xhttps://contoh.com",
        "ftp://contoh.com", "https://.", "https://contoh.com:99999x", "http://-", "a@www.contoh.com",
        "https://\u202emoc.hotnoc", "//contoh.com", "contoh.com",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_stays_text(text: str) -> None:
    assert links(text) == []
    assert HTMLParser(f"<p>{linkify(text)}</p>").css_first("p").text() == text


def test_an_address_shows_where_it_leads_and_gives_nothing_away() -> None:
    html = linkify('https://contoh.com/"><script>alert(1)</script>')
    assert "<script" not in html
    assert '<a href="https://contoh.com/" target="_blank" rel="noopener nofollow ugc">' in html


def test_an_address_ends_where_the_reading_direction_turns() -> None:
    assert links("https://contoh.com/\u202egpj.exe") == [("https://contoh.com/", "https://contoh.com/")]


@given(st.text(alphabet=st.sampled_from("htps:/w.x@<>\"'&()[] \n\u202e;a=")) | st.text())
def test_any_text_reads_back_as_it_was_typed(text: str) -> None:
    html = str(linkify(text))
    bare = re.sub(r'<a href="[^"<>]*" target="_blank" rel="noopener nofollow ugc">([^<>]*)</a>', r"\1", html)
    assert bare == str(escape(text))
