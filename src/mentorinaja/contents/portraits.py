"""Photos of people: the square in the middle, drawn anew in several sizes, each as WebP and as JPEG."""

from __future__ import annotations

import io

from PIL import Image

from mentorinaja.contents.kinds import Picture, Unacceptable
from mentorinaja.contents.pictures import FORMATS, MOST_PIXELS, MOST_SIDE, UNREADABLE, only_pixels

# Below this a face is a few blots.
LEAST_SIDE = 160
# JPEGs are decoded at a half, a quarter or an eighth of their size: cameras of today make fifty million pixels.
MOST_JPEG_PIXELS = 64_000_000
_WEBP_QUALITY, _JPEG_QUALITY = 78, 80
_JPEGS = ("JPEG", "MPO")
_PAPER = (255, 255, 255)
# The names that HEIF gives its pictures, four bytes into the file; iPhones write them.
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def squares(data: bytes, sides: list[int]) -> list[Picture]:
    """For each of `sides`, in pixels, the middle of this photo as WebP, then as JPEG; nothing is made larger.

    Raises `Unacceptable`.
    """
    photo = _middle(_read(data, max(sides)))
    made: list[Picture] = []
    for side in sides:
        side = min(side, photo.width)
        image = photo.resize((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
        made += [_webp(image), _jpeg(image)]
    return made


def what_else(data: bytes) -> Unacceptable:
    """Why something that is no picture of a kind we read is refused: in words that help, where it is known."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        return Unacceptable("heic")
    return Unacceptable("animated" if data.startswith(b"GIF8") else "unknown")


def _read(data: bytes, side: int) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _check_size(opened)
            # A phone's JPEG may hold a second picture; that does not make it move.
            if getattr(opened, "is_animated", False) and opened.format not in _JPEGS:
                raise Unacceptable("animated")
            opened.draft("RGB", (2 * side, 2 * side))  # of JPEGs only, and never smaller than this
            opened.load()
            return only_pixels(opened)
    except Image.DecompressionBombError as problem:
        raise Unacceptable("pixels") from problem
    except UNREADABLE as problem:
        raise Unacceptable("broken") from problem


def _check_size(opened: Image.Image) -> None:
    """Asked of the header, before a pixel is decoded."""
    width, height = opened.size
    most = MOST_JPEG_PIXELS if opened.format in _JPEGS else MOST_PIXELS
    if width * height > most or max(width, height) > MOST_SIDE:
        raise Unacceptable("pixels")
    if min(width, height) < LEAST_SIDE:
        raise Unacceptable("small")


def _middle(image: Image.Image) -> Image.Image:
    """Its square in the middle, in plain colours; what was see-through is white."""
    if image.mode == "I;16":
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        paper = Image.new("RGB", image.size, _PAPER)
        image = image.convert("RGBA")
        paper.paste(image, mask=image.getchannel("A"))
        image = paper
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side)).convert("RGB")


def _webp(image: Image.Image) -> Picture:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=_WEBP_QUALITY, method=5)
    return Picture(out.getvalue(), "image/webp", *image.size)


def _jpeg(image: Image.Image) -> Picture:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_JPEG_QUALITY, progressive=True, optimize=True)
    return Picture(out.getvalue(), "image/jpeg", *image.size)
