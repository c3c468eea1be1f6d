"""Static files: named by content, cached for ever, compressed once; pages compressed as they go."""

import gzip
import re
from pathlib import Path

import brotli
import httpx
import pytest

from mentorinaja.paths import STATIC
from mentorinaja.web.static import Assets, compress, lean
from tests.support.site import Site


async def test_every_file_a_page_names_is_there_and_cached_for_ever(site: Site) -> None:
    browser = await site.browser()
    await browser.get("/login")
    names = [
        node.attributes.get("href") or node.attributes.get("src") for node in browser.page.css("link, script")
    ]
    files = [name for name in names if name and name.startswith("/static/")]
    assert len(files) >= 3
    for name in files:
        answer = await browser.client.get(name)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("accepts", "coding"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None), ("", None)]
)
async def test_a_file_comes_as_the_browser_likes_it_best(
    site: Site, accepts: str, coding: str | None
) -> None:
    url = Assets().url("css/base.css")
    async with httpx.AsyncClient(base_url=site.url, headers={"accept-encoding": accepts}) as client:
        answer = await client.get(url)
    assert answer.headers.get("content-encoding") == coding
    assert (
        answer.headers["content-type"] == "text/css; charset=utf-8"
        and answer.headers["vary"] == "Accept-Encoding"
    )
    assert answer.text.startswith(":root{")


def test_a_files_name_follows_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("body {}")
    first = Assets(tmp_path).url("a.css")
    (tmp_path / "a.css").write_text("body { color: red }")
    assert Assets(tmp_path).url("a.css") != first
    with pytest.raises(KeyError):
        Assets(tmp_path).url("missing.css")


def test_an_encoding_that_is_refused_is_not_used() -> None:
    page = b"<p>halo</p>" * 100
    assert compress(page, "gzip, br;q=0")[1] == "gzip"
    assert compress(page, "br;q=0.0, gzip;q=0")[1] is None
    assert compress(page, "*")[1] is None
    assert compress(b"short", "br, gzip") == (b"short", None)
    assert brotli.decompress(compress(page, "br")[0]) == page
    assert gzip.decompress(compress(page, "gzip;q=0.5")[0]) == page


async def test_pages_around_signing_in_are_light(site: Site) -> None:
    sizes = {}
    async with httpx.AsyncClient(base_url=site.url, headers={"accept-encoding": "br"}) as client:
        for path in ("/login", "/register", "/expert/login", "/forgot-password", "/nope"):
            answer = await client.get(path)
            files = [part.split('"')[0] for part in answer.text.split('"/static/')[1:]]
            needed = [name for name in files if ".css" in name]
            loaded = [(await client.get(f"/static/{name}")).headers["content-length"] for name in needed]
            sizes[path] = int(answer.headers["content-length"]) + sum(map(int, loaded))
    assert max(sizes.values()) <= 14_000, sizes


def test_what_is_for_people_is_not_sent() -> None:
    assert lean("/* why\n two lines */\na {\n  b: c\n}\n", ".css") == "a{b: c}"
    assert lean('  // why\n  f("// not a comment");  \n\n', ".js") == 'f("// not a comment");'
    assert lean('a = (b) => c + " ( \\" = " + `, ${d} :`;', ".js") == 'a=(b)=>c + " ( \\" = " + `, ${d} :`;'


def test_no_text_of_our_scripts_goes_over_a_line_end() -> None:
    lines = [line for file in (STATIC / "js").glob("*.js") for line in file.read_text().splitlines()]
    assert not [line for line in lines if line.count("`") % 2 or line.count("/*") != line.count("*/")]
    assert not [
        line
        for line in lines
        if re.search(r"""['"]""", re.sub(r'"(?:\\.|[^"\\])*"|`[^`]*`|//.*|/\*.*?\*/', "", line))
    ]


def test_no_text_of_our_styles_holds_a_sign() -> None:
    texts = re.findall(
        r"""["'][^"'\n]*["']""", "".join(file.read_text() for file in (STATIC / "css").glob("*.css"))
    )
    assert not [text for text in texts if re.search("[{};,]", text)]
