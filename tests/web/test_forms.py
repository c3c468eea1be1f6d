"""What a person sends, in any shape, becomes values or sentences, never a fault."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar._parsers import parse_url_encoded_form_data

from mentorinaja.typed import UNFIT
from mentorinaja.web.bodies import Posted
from tests.support.site import Site
from tests.web.conftest import TryForm

UNSTORABLE = "Ada karakter yang tidak bisa disimpan. Periksa, lalu kirim lagi."


async def send(site: Site, content: bytes | None = None, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=site.url) as client:
        page = await client.get("/try/form")
        token = page.text.split('name="_csrf" value="')[1].split('"')[0]
        headers = {"x-csrf-token": token}
        if content is not None:
            headers["content-type"] = options.pop("kind", "application/x-www-form-urlencoded")
            return await client.post("/try/form", content=content, headers=headers)
        return await client.post("/try/form", headers=headers, **options)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"line=%F0%9F%98%80+halo", "😀 halo"),
        ("line=é".encode(), "é"),
        (b"line=%ED%A0%80", "\N{REPLACEMENT CHARACTER}" * 3),
        (b"line=\xff\xfe", "\N{REPLACEMENT CHARACTER}" * 2),
        (b"line=a&line=b", "a"),
        (b"line=%20%20a%20", "a"),
        (b"line=a%20%20b&unknown=1&_method=x", "a  b"),
    ],
)
async def test_text_arrives_as_it_was_meant(odd: Site, content: bytes, line: str) -> None:
    answer = (await send(odd, content)).json()
    assert answer["valid"] and answer["data"]["line"] == line


@pytest.mark.parametrize(
    "content",
    [
        *(b"line=a%00b", b"line=%00", b"line=a&text=%00", b"line=a&kind=%00", b"line=a&agreed=%00"),
        # terminals, mail readers and logs obey these
        *(b"line=a&text=a%1B[2Jb", b"line=a&text=%07", b"line=a&text=%C2%9B31m", b"line=a%7F", b"line=a%0Cb"),
    ],
)
async def test_what_cannot_be_stored_is_told_and_taken_out(odd: Site, content: bytes) -> None:
    answer = (await send(odd, content)).json()
    assert not answer["valid"] and UNSTORABLE in [s for found in answer["errors"].values() for s in found]
    assert not UNFIT.search(str(answer["data"]))


async def test_a_line_has_no_line_breaks_and_a_text_has_equal_ones(odd: Site) -> None:
    answer = (await send(odd, b"line=a%0Ab&text=a%0D%0Ab%0Dc")).json()
    assert list(answer["errors"]) == ["line"] and answer["data"]["text"] == "a\nb\nc"


@pytest.mark.parametrize("content", [b"", b"=", b"&&&", b"line", b"line=", b"%=%", b"line[]=a", b"line.x=a"])
async def test_a_form_with_nothing_in_it_says_what_is_missing(odd: Site, content: bytes) -> None:
    answer = (await send(odd, content)).json()
    assert answer["errors"] == {"line": ["Tulis sesuatu."]}


async def test_a_choice_that_is_none_is_told_in_indonesian(odd: Site) -> None:
    answer = (await send(odd, b"line=a&kind=z")).json()
    assert answer["errors"] == {"kind": ["Pilih salah satu yang tersedia."]}


async def test_a_multipart_form_is_read_like_any_other(odd: Site) -> None:
    answer = (await send(odd, files={"line": (None, "😀")})).json()
    assert answer["valid"] and answer["data"]["line"] == "😀"


async def test_a_form_that_takes_no_file_takes_none(odd: Site) -> None:
    for field in ("line", "other"):
        assert (await send(odd, files={field: ("a.txt", b"words")})).status_code == 413


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=a", b"--a\r\nnonsense"),
        ("multipart/form-data; boundary=a", b""),
        (
            "multipart/form-data; boundary=a",
            b'--a\r\nContent-Disposition: form-data; name="line"\r\n\r\n\xed\xa0\x80\r\n--a--\r\n',
        ),
        ("multipart/form-data; boundary=" + "a" * 3000, b"x"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"line=a"),
        ("application/json", b"{"),
    ],
)
async def test_a_broken_body_is_no_fault(odd: Site, kind: str, content: bytes) -> None:
    answer = await send(odd, content, kind=kind)
    assert answer.status_code < 500


class FormLike(Posted):
    def __init__(self, **values: str) -> None:
        super().__init__([*values.items()])


@given(
    st.text(st.characters(categories=None), max_size=40), st.text(st.characters(categories=None), max_size=40)
)
def test_any_text_at_all_is_valid_or_told(line: str, kind: str) -> None:
    form = TryForm(FormLike(line=line, text=line, kind=kind))
    if form.validate():
        assert form.line.data and "\x00" not in form.line.data
        form.line.data.encode()
    else:
        assert form.errors
        str(form.line()).encode()  # and the page with the error can be sent


async def test_passwords_do_not_stay_in_the_frameworks_memory(odd: Site) -> None:
    parse_url_encoded_form_data.cache_clear()
    await send(odd, b"line=rahasia")
    assert parse_url_encoded_form_data.cache_info().currsize == 0
