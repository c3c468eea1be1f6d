"""What somebody sent: kept without what nobody should see, or refused for what it really is."""

import asyncio
import io
import time

import pikepdf
import pytest
from PIL import Image

from mentorinaja.contents import checking
from mentorinaja.contents.checking import checked
from mentorinaja.contents.kinds import Document, Drawn, Unacceptable
from tests.support import files

KINDS = ("JPEG", "PNG", "WEBP")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PAGE = b"<!doctype html><script>alert(1)</script>"


async def kept(data: bytes) -> Drawn:
    found = await checked(io.BytesIO(data), small=480, person=1)
    assert isinstance(found, Drawn)
    return found


async def refused(data: bytes, person: int = 1) -> str:
    with pytest.raises(Unacceptable) as refusal:
        await checked(io.BytesIO(data), small=480, person=person)
    return refusal.value.reason


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", KINDS)
async def test_a_picture_stays_in_its_format_and_gets_a_small_one(kind: str) -> None:
    found = await kept(files.picture(kind, (1200, 900)))
    large, small = opened(found.large.data), opened(found.small.data)
    assert (
        (large.format, large.size) == (kind, (1200, 900)) == (kind, (found.large.width, found.large.height))
    )
    assert (
        (small.format, small.size)
        == ("WEBP", (480, 360))
        == ("WEBP", (found.small.width, found.small.height))
    )
    assert len(found.small.data) < 30_000


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_of_where_when_and_with_what_is_left(kind: str) -> None:
    sent = files.telling(kind)
    assert files.CAMERA.encode() in sent and files.GPS_SECRET in sent
    found = await kept(sent)
    for data in (found.large.data, found.small.data):
        assert files.CAMERA.encode() not in data and files.GPS_SECRET not in data
        for trace in (
            b"Exif",
            b"eXIf",
            b"EXIF",
            b"ICC_PROFILE",
            b"iCCP",
            b"ICCP",
            b"xmp",
            b"XMP ",
            b"tEXt",
            b"iTXt",
        ):
            assert trace not in data, trace
        image = opened(data)
        assert not dict(image.getexif()) and not image.info.keys() & {"exif", "icc_profile", "comment", "xmp"}


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
async def test_a_picture_lies_as_it_was_meant_to(orientation: int) -> None:
    found = await kept(files.telling("JPEG", orientation=orientation))
    lying = (found.large.width, found.large.height) == (480, 640)
    assert lying == (orientation in (6, 8))
    width, height = found.large.width, found.large.height
    corner = {1: (5, 5), 3: (-5, -5), 6: (-5, 5), 8: (5, -5)}[orientation]
    dark = opened(found.large.data).convert("RGB").getpixel((corner[0] % width, corner[1] % height))
    assert isinstance(dark, tuple) and max(dark) < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
async def test_every_kind_of_png_is_understood(mode: str) -> None:
    image = Image.new("I;16", (40, 30), 40_000) if mode == "I;16" else files.drawn((40, 30), mode)
    out = io.BytesIO()
    image.save(out, "PNG")
    found = await kept(out.getvalue())
    again = opened(found.large.data)
    assert again.mode == mode
    assert again.convert("RGBA").tobytes() == opened(out.getvalue()).convert("RGBA").tobytes()


async def test_a_see_through_palette_stays_see_through() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    out = io.BytesIO()
    image.save(out, "PNG", transparency=0)
    found = await kept(out.getvalue())
    for data in (found.large.data, found.small.data):
        pixel = opened(data).convert("RGBA").getpixel((3, 3))
        assert isinstance(pixel, tuple) and pixel[3] == 0


async def test_print_colours_become_screen_colours() -> None:
    found = await kept(files.picture("JPEG", mode="CMYK"))
    assert opened(found.large.data).mode == "RGB"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_of_what_moves_the_first_frame_is_kept(kind: str) -> None:
    found = await kept(files.animated(kind))
    again = opened(found.large.data)
    assert getattr(again, "n_frames", 1) == 1
    pixel = again.convert("RGB").getpixel((50, 30))
    assert isinstance(pixel, tuple) and pixel[0] > 150 > pixel[2]


@pytest.mark.parametrize(
    "data", [b"", b"x", SVG, PAGE, b"GIF89a" + bytes(40), b"MZ" + bytes(400), bytes(5000)]
)
async def test_what_is_of_no_kind_we_take_is_unknown(data: bytes) -> None:
    assert await refused(data) == "unknown"


@pytest.mark.parametrize("kind", KINDS)
async def test_half_a_picture_is_broken(kind: str) -> None:
    whole = files.picture(kind, (900, 900))
    assert await refused(whole[: len(whole) // 2]) == "broken"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + SVG,
        b"\xff\xd8\xff" + PAGE,
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"RIFF",
        b"%PDF-1.7" + PAGE + b"%%EOF",
    ],
    ids=["svg as png", "page as jpeg", "sound", "nothing", "page as pdf"],
)
async def test_a_first_line_alone_makes_no_file(data: bytes) -> None:
    assert await refused(data) == "broken"


async def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    bomb = files.png_bomb()
    assert len(bomb) < 5 * 1024 * 1024
    began = time.monotonic()
    assert await refused(bomb) == "pixels"
    assert time.monotonic() - began < 20


async def test_words_that_unpack_to_gigabytes_are_refused() -> None:
    assert await refused(files.text_bomb()) == "broken"


async def test_a_pdf_is_kept_as_it_came() -> None:
    sent = files.pdf(3)
    assert await checked(io.BytesIO(sent), small=480, person=1) == Document(sent)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (files.locked_pdf(), "locked"),
        (files.script_pdf(), "active"),
        (files.launch_pdf(), "active"),
        (files.carrying_pdf(), "active"),
        *((files.acting_pdf(kind), "active") for kind in files.ACTIONS),
        *((files.pdf_with(key), "active") for key in ("/AF", "/EF", "/XFA", "/JS", "/EmbeddedFiles")),
        (files.nested_pdf(80), "heavy"),
        (files.nested_pdf(2000), "heavy"),
        (files.crowded_pdf(30_000), "heavy"),
        (files.crowded_pdf(10, 100_000), "heavy"),
        (files.packed_pdf(30_000), "heavy"),
        (files.pdf()[:-400], "broken"),
        (b"%PDF-1.7\n" + bytes(3000) + b"%%EOF", "broken"),
    ],
)
async def test_a_pdf_that_does_something_or_cannot_be_read_is_refused(data: bytes, reason: str) -> None:
    assert await refused(data) == reason


@pytest.mark.parametrize("sent", [files.written_pdf(), files.crowded_pdf(15_000), files.pdf(400)])
async def test_a_pdf_as_word_processors_write_it_is_kept(sent: bytes) -> None:
    assert await checked(io.BytesIO(sent), small=480, person=1) == Document(sent)


async def test_whoever_sends_what_is_hard_to_look_at_does_not_keep_the_others_waiting() -> None:
    hard = files.pdf_bomb(streams=40)
    assert len(hard) < 5 * 1024 * 1024
    sending = [asyncio.create_task(refused(hard, person=1)) for _ in range(2)]
    await asyncio.sleep(0.1)
    await checked(io.BytesIO(files.picture()), small=480, person=2)
    assert not all(task.done() for task in sending)
    assert [await task for task in sending] == ["heavy"] * 2


async def test_a_pdf_that_is_restricted_but_opens_is_kept() -> None:
    sent = files.pdf(encryption=pikepdf.Encryption(owner="pemilik", user=""))
    assert await checked(io.BytesIO(sent), small=480, person=1) == Document(sent)


async def test_a_page_hidden_in_a_pdf_is_a_pdf() -> None:
    sent = files.pdf()
    both = sent[:9] + b"%<script>alert(1)</script>\n" + sent[9:]
    assert isinstance(await checked(io.BytesIO(both), small=480, person=1), Document)


async def test_a_document_that_unpacks_to_gigabytes_never_stops_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checking, "_CHILD_SECONDS", 1.0)
    bomb = files.pdf_bomb()
    assert len(bomb) < 1024 * 1024
    waiting = asyncio.create_task(refused(bomb))
    turns = 0
    while not waiting.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert await waiting == "broken"
    assert turns > 2, "the loop turned meanwhile"


async def test_whoever_waits_too_long_for_a_turn_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checking, "_WAIT_SECONDS", 0.01)
    assert await refused(files.picture()) == "busy"
