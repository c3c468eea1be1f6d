"""Pictures that somebody sent: read within limits, turned upright, drawn anew without anything but their pixels."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageCms, ImageFile, ImageOps

from mentorinaja.contents.kinds import Picture, PictureType, Unacceptable

# Asked of the header, before a pixel is decoded: 32 million take 128 MB.
MOST_PIXELS = 32_000_000
MOST_SIDE = 30_000
# What is drawn anew may be larger than what was sent: the same pixels, less cleverly packed.
MOST_BYTES = 10 * 1024 * 1024

FORMATS = ("PNG", "JPEG", "WEBP")
# Phones add a second picture to a JPEG and call it MPO; the first one is the photo.
_MEDIA_TYPES: dict[str | None, PictureType] = {
    "PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp",
}  # fmt: skip
_QUALITIES = (88, 75, 60)
_SMALL_QUALITY = 75
# What Pillow's readers raise on bytes that are not what they seem.
UNREADABLE = (
    OSError, ValueError, SyntaxError, EOFError, OverflowError, IndexError, KeyError, TypeError, MemoryError,
    struct.error, zlib.error,
)  # fmt: skip

# A picture that stops in the middle is refused, not filled up with grey.
ImageFile.LOAD_TRUNCATED_IMAGES = False


class Drawing:
    """The pixels of a picture: upright, in sRGB, its first frame, with nothing else that was in the file."""

    def __init__(self, image: Image.Image, media_type: PictureType) -> None:
        self._image = image
        self._media_type = media_type

    @classmethod
    def read(cls, data: bytes) -> Drawing:
        """Decode PNG, JPEG or WebP, whatever it is called. Raises `Unacceptable`."""
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                width, height = opened.size
                if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
                    raise Unacceptable("pixels")
                media_type = _MEDIA_TYPES[opened.format]
                opened.load()
                return cls(only_pixels(opened), media_type)
        except Image.DecompressionBombError as problem:
            raise Unacceptable("pixels") from problem
        except UNREADABLE as problem:
            raise Unacceptable("broken") from problem

    def again(self) -> Picture:
        """The whole picture in the format it came in. Raises `Unacceptable` when it gets too many bytes."""
        for quality in _QUALITIES:
            data = self._encoded(self._image, self._media_type, quality)
            if len(data) <= MOST_BYTES:
                return Picture(data, self._media_type, *self._image.size)
        raise Unacceptable("bytes")

    def small(self, side: int) -> Picture:
        """A WebP whose longer side has at most `side` pixels."""
        image = self._image
        if image.mode not in ("L", "RGB", "RGBA"):
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        image = ImageOps.contain(image, (side, side)) if max(image.size) > side else image
        return Picture(self._encoded(image, "image/webp", _SMALL_QUALITY), "image/webp", *image.size)

    def _encoded(self, image: Image.Image, media_type: PictureType, quality: int) -> bytes:
        out = io.BytesIO()
        if media_type == "image/png":
            image.save(out, "PNG")
        elif media_type == "image/jpeg":
            image.save(out, "JPEG", quality=quality, progressive=True, optimize=True)
        else:
            image.save(out, "WEBP", quality=quality)
        return out.getvalue()


def only_pixels(opened: Image.Image) -> Image.Image:
    """A new picture with the same pixels: EXIF, GPS, comments, profiles and texts stay behind."""
    orientation = opened.getexif().get(0x0112)
    profile = opened.info.get("icc_profile")
    transparency = opened.info.get("transparency") if opened.mode == "P" else None
    image = _in_srgb(opened, profile) if profile else opened
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        image = image.convert("RGB")
    if image.mode == "P" and opened.format != "PNG":
        image = image.convert("RGB")
    image = _upright(image, orientation)
    clean = image.copy() if image is opened else image
    clean.info = {} if transparency is None or clean.mode != "P" else {"transparency": transparency}
    return clean


def _in_srgb(opened: Image.Image, profile: bytes) -> Image.Image:
    """Its colours as they look, without the profile that said so; a profile that makes no sense is ignored."""
    alpha = opened.has_transparency_data
    image = (
        opened if opened.mode in ("L", "RGB", "RGBA", "CMYK") else opened.convert("RGBA" if alpha else "RGB")
    )
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        drawn = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            outputMode="RGBA" if image.mode == "RGBA" else "RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return image if drawn is None else drawn


def _upright(image: Image.Image, orientation: object) -> Image.Image:
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation if isinstance(orientation, int) else 1)
    return image if turn is None else image.transpose(turn)
