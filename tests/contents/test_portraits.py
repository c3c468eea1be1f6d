"""Photos of people: the square in the middle in every size asked for, or refused for what the file really is."""

import io

import pytest
from PIL import Image

from mentorinaja.contents.checking import portrait
from mentorinaja.contents.kinds import Picture, Unacceptable
from mentorinaja.contents.portraits import squares
from tests.support import files

SIDES = (64, 160, 480)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


async def drawn(data: bytes) -> list[Picture]:
    return await portrait(io.BytesIO(data), sides=SIDES, person=1)


def drawn_here(data: bytes) -> list[Picture]:
    """As the child does it, without the time a child takes to start."""
    return squares(data, list(SIDES))


async def refused(data: bytes) -> str:
    with pytest.raises(Unacceptable) as refusal:
        await drawn(data)
    return refusal.value.reason


def refused_here(data: bytes) -> str:
    with pytest.raises(Unacceptable) as refusal:
        drawn_here(data)
    return refusal.value.reason


def opened(picture: Picture) -> Image.Image:
    image = Image.open(io.BytesIO(picture.data))
    image.load()
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def flag(size: tuple[int, int]) -> Image.Image:
    """Red at its ends, with a blue square in the middle."""
    image = Image.new("RGB", size, "red")
    side, (width, height) = min(size), size
    image.paste(
        "blue", ((width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2)
    )
    return image


@pytest.mark.parametrize("size", [(1200, 600), (600, 1200), (700, 700)])
def test_the_middle_is_kept_in_three_sizes_each_as_webp_and_as_jpeg(size: tuple[int, int]) -> None:
    pictures = drawn_here(encoded(flag(size), "JPEG", quality=95))
    assert [(one.media_type, one.width, one.height) for one in pictures] == [
        (kind, side, side) for side in SIDES for kind in ("image/webp", "image/jpeg")
    ]
    for one in pictures:
        image = opened(one)
        assert (image.size, f"image/{(image.format or '').lower()}") == ((one.width,) * 2, one.media_type)
        for corner in ((2, 2), (-3, 2), (2, -3), (-3, -3)):
            pixel = image.convert("RGB").getpixel((corner[0] % one.width, corner[1] % one.width))
            assert isinstance(pixel, tuple) and pixel[2] > 180 > 60 > pixel[0], (one.width, corner, pixel)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_nothing_of_where_when_and_with_what_is_left(kind: str) -> None:
    sent = files.telling(kind)
    assert files.CAMERA.encode() in sent
    for one in await drawn(sent):
        assert files.CAMERA.encode() not in one.data and files.GPS_SECRET not in one.data
        for trace in (b"Exif", b"EXIF", b"ICC_PROFILE", b"ICCP", b"xmp", b"XMP "):
            assert trace not in one.data, trace


@pytest.mark.parametrize(("orientation", "corner"), [(1, (3, 3)), (3, (-4, -4)), (6, (-4, 3)), (8, (3, -4))])
def test_a_photo_stands_upright(orientation: int, corner: tuple[int, int]) -> None:
    sent = files.telling("JPEG", orientation=orientation, size=(600, 600))
    for one in drawn_here(sent):
        pixel = opened(one).convert("RGB").getpixel((corner[0] % one.width, corner[1] % one.width))
        assert isinstance(pixel, tuple) and max(pixel) < 70


async def test_a_phones_photo_of_fifty_million_pixels_is_read_and_a_small_one_not_made_larger() -> None:
    assert [one.width for one in await drawn(files.picture("JPEG", (8160, 6120)))][::2] == list(SIDES)
    assert [one.width for one in drawn_here(files.picture("JPEG", (200, 300)))][::2] == [64, 160, 200]


def test_every_kind_of_picture_becomes_plain_and_see_through_becomes_white() -> None:
    for mode in ("1", "L", "LA", "P", "RGBA"):
        assert opened(squares(files.picture("PNG", (300, 300), mode), [64])[1]).mode == "RGB", mode
    for data, wanted in (
        (encoded(Image.new("RGBA", (300, 300), (0, 0, 0, 0)), "PNG"), 255),
        (encoded(Image.new("I;16", (300, 300), 0x8000), "PNG"), 128),
        (encoded(Image.new("CMYK", (300, 300), (0, 0, 0, 0)), "JPEG"), 255),
    ):
        pixel = opened(squares(data, [64])[1]).getpixel((30, 30))
        assert isinstance(pixel, tuple) and all(abs(value - wanted) < 4 for value in pixel), (pixel, wanted)
    two = encoded(files.drawn(), "MPO", save_all=True, append_images=[files.drawn()])
    assert squares(two, [64])[0].width == 64


async def test_what_cannot_be_a_photo_is_refused_for_what_it_is() -> None:
    for data, reason in (
        (SVG, "unknown"),
        (files.pdf(), "unknown"),
        (HEIC, "heic"),
        (b"GIF89a" + bytes(60), "animated"),
        (files.png_bomb(), "pixels"),
        (files.text_bomb(), "broken"),
    ):
        assert await refused(data) == reason, data[:40]
    moving = [files.drawn((300, 300)).rotate(turn) for turn in (90, 180)]
    for data, reason in (
        (encoded(files.drawn((300, 300)), "PNG", save_all=True, append_images=moving), "animated"),
        (encoded(files.drawn((300, 300)), "WEBP", save_all=True, append_images=moving), "animated"),
        (files.picture("PNG", (8000, 6000)), "pixels"),
        (files.picture("JPEG", (50_000, 200)), "pixels"),
        (files.picture("JPEG", (159, 900)), "small"),
        (files.picture("JPEG", (900, 900))[:5000], "broken"),
        (b"\x89PNG\r\n\x1a\n" + SVG, "broken"),
    ):
        assert refused_here(data) == reason, data[:40]
