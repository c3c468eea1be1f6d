"""Photos of the demo's experts: drawn faces, since nobody real is meant."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw

from mentorinaja.contents.portraits import squares
from mentorinaja.db.pool import Database
from mentorinaja.experts.photos import SIDES, show_photo
from mentorinaja.storage import Storage

# Hair that is short or long, tied behind, curly; or a veil.
Look = Literal["short", "long", "tied", "curly", "veil"]

_SIDE = 960
_INK = (44, 36, 34)


@dataclass(frozen=True, slots=True)
class Face:
    """How somebody looks: colours of the wall, skin, hair (or veil) and clothes."""

    look: Look
    wall: str
    skin: str
    hair: str
    clothes: str
    glasses: bool = False
    beard: bool = False


FACES: dict[str, Face] = {
    "sari": Face("long", "#cfe3dd", "#d9a679", "#2b211e", "#0f6b66"),
    "dimas": Face("short", "#e7dccb", "#c68f62", "#231d1b", "#34495e", glasses=True),
    "ayu-rahmawati": Face("veil", "#e3e8f3", "#e0b48c", "#7a4f6d", "#54384b"),
    "rizky-maulana": Face("short", "#f0ddd0", "#bd8457", "#1f1a18", "#7b2d26", beard=True),
    "kevin-tanuwijaya": Face("short", "#d8e2ea", "#e6bd97", "#2a2422", "#20303f"),
    "nabila-khairunnisa": Face("veil", "#efe6d6", "#d8a97f", "#c9b79c", "#8a6f4d", glasses=True),
    "samuel-pattiasina": Face("curly", "#d9ead8", "#7d5135", "#1a1412", "#c2752f"),
    "natalia-kambu": Face("curly", "#f3e0c9", "#6e452e", "#16110f", "#0f6b66"),
    "clara-wijaya": Face("tied", "#eadcea", "#e8c19d", "#33241f", "#3d3a5c"),
    "wayan-sudarma": Face("short", "#d6e6ec", "#a9744a", "#8d8a86", "#f2efe9", glasses=True, beard=True),
    "maria-tefa": Face("tied", "#e6e9d2", "#8a5a3b", "#1e1715", "#8c3f4d"),
    "joko-susilo": Face("short", "#ece3da", "#b98257", "#6f6b68", "#5b4a2f"),
}


async def hang(db: Database, storage: Storage) -> None:
    """Show these faces with their experts, stored as any photo; who has one already keeps it."""
    rows = await db.fetch(
        "SELECT id, slug FROM experts WHERE slug = ANY ($1) AND photo_id IS NULL", list(FACES)
    )
    for row in rows:
        await show_photo(db, storage, row["id"], squares(drawn(FACES[row["slug"]]), list(SIDES)))


def drawn(face: Face) -> bytes:
    """A face as a PNG, larger than it is ever shown, so that its edges get smooth."""
    image = Image.new("RGB", (_SIDE, _SIDE), face.wall)
    pen = ImageDraw.Draw(image)
    _behind(pen, face)
    pen.ellipse((130, 690, 830, 1400), fill=face.clothes)
    pen.rounded_rectangle((405, 560, 555, 760), 70, fill=face.skin)
    pen.ellipse((405, 690, 555, 800), fill=face.skin)
    for left in () if face.look == "veil" else (275, 625):
        pen.ellipse((left, 420, left + 60, 520), fill=face.skin)
    pen.ellipse((300, 210, 660, 660), fill=face.skin)
    if face.beard:
        pen.chord((308, 330, 652, 664), 20, 160, fill=face.hair)
    _before(pen, face)
    _features(pen, face)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _behind(pen: ImageDraw.ImageDraw, face: Face) -> None:
    """What is seen of hair or veil around the neck."""
    if face.look == "long":
        pen.rounded_rectangle((240, 190, 720, 800), 230, fill=face.hair)
    elif face.look == "tied":
        pen.ellipse((390, 90, 570, 260), fill=face.hair)
    elif face.look == "curly":
        pen.ellipse((225, 110, 735, 560), fill=face.hair)
    elif face.look == "veil":
        pen.rounded_rectangle((232, 140, 728, 900), 240, fill=face.hair)


def _before(pen: ImageDraw.ImageDraw, face: Face) -> None:
    """What lies over the forehead, and over the neck of whoever wears a veil."""
    if face.look == "veil":
        pen.ellipse((270, 170, 690, 690), fill=face.hair)
        pen.pieslice((232, 560, 728, 1160), 180, 360, fill=face.hair)
        pen.ellipse((318, 250, 642, 655), fill=face.skin)
    elif face.look == "curly":
        for left in range(270, 620, 70):
            pen.ellipse(
                (left, 170 + abs(left - 430) // 3, left + 130, 310 + abs(left - 430) // 3), fill=face.hair
            )
    else:
        pen.chord((288, 180, 672, 560), 182, 358, fill=face.hair)
        pen.polygon([(330, 372), (650, 372), (560, 300)], fill=face.skin)


def _features(pen: ImageDraw.ImageDraw, face: Face) -> None:
    for middle in (405, 555):
        pen.ellipse((middle - 15, 425, middle + 15, 458), fill=_INK)
        pen.arc((middle - 42, 370, middle + 42, 440), 205, 335, fill=_INK, width=9)
        if face.glasses:
            pen.rounded_rectangle((middle - 62, 396, middle + 62, 490), 40, outline=_INK, width=9)
    if face.glasses:
        pen.line((467, 434, 493, 434), fill=_INK, width=9)
    pen.arc((455, 470, 505, 530), 30, 150, fill=_INK, width=7)
    pen.chord((415, 505, 545, 605), 10, 170, fill="#ffffff", outline="#9c4a3c", width=7)
