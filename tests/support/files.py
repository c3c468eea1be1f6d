"""Files as people send them, good and bad, made in memory."""

import io
import struct
import zlib
from typing import Any

import pikepdf
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

GPS_SECRET = b"-6.2088-106.8456"
CAMERA = "Kamera Rahasia 3000"


def drawn(size: tuple[int, int] = (640, 480), mode: str = "RGB") -> Image.Image:
    """A picture with a dark corner at its top left."""
    image = Image.new("RGB", size, (200, 120, 40))
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill=(10, 10, 10))
    return image.convert(mode)


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **options: Any
) -> bytes:
    """An encoded picture."""
    out = io.BytesIO()
    drawn(size, mode).save(out, kind, **options)
    return out.getvalue()


def telling(kind: str, *, orientation: int = 1, size: tuple[int, int] = (640, 480)) -> bytes:
    """A picture that tells where, when and with what it was taken, in every way its format has."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = CAMERA
    exif[0x9286] = GPS_SECRET.decode()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "S", (6.0, 12.0, 31.0), "E", (106.0, 50.0, 44.0)
    gps[29] = GPS_SECRET.decode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options: dict[str, Any] = {"exif": exif, "icc_profile": profile}
    if kind == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", f"{CAMERA} {GPS_SECRET.decode()}")
        words.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{CAMERA}</x:xmpmeta>")
        options["pnginfo"] = words
    else:
        options["xmp"] = f"<x:xmpmeta>{CAMERA} {GPS_SECRET.decode()}</x:xmpmeta>".encode()
    if kind == "JPEG":
        options["comment"] = CAMERA.encode()
    return picture(kind, size, **options)


def animated(kind: str) -> bytes:
    """Three frames, the first of them orange."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("blue", "green")]
    drawn((60, 40)).save(out, kind, save_all=True, append_images=frames, duration=100)
    return out.getvalue()


def png_bomb(side: int = 50_000) -> bytes:
    """A few kilobytes that would be `side` × `side` pixels."""
    rows = zlib.compressobj(9)
    line = b"\0" + bytes(side // 8)
    data = b"".join(rows.compress(line) for _ in range(side)) + rows.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small PNG whose text would be 200 MB."""
    words = b"Comment\0\0" + zlib.compress(b" " * 200_000_000, 9)
    whole = picture("PNG", (10, 10))
    return whole[:33] + _chunk(b"zTXt", words) + whole[33:]


def pdf(pages: int = 1, **options: Any) -> bytes:
    """A PDF with blank pages; `options` are those of saving it."""
    return _saved(_document(pages), **options)


def locked_pdf() -> bytes:
    """A PDF that asks for a password."""
    return pdf(encryption=pikepdf.Encryption(owner="pemilik", user="pembaca"))


def script_pdf() -> bytes:
    """A PDF that runs script when it is opened."""
    document = _document()
    document.Root.OpenAction = pikepdf.Dictionary(
        S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)")
    )
    return _saved(document)


def launch_pdf() -> bytes:
    """A PDF with a link that starts a program, deep inside an object."""
    document = _document()
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe"))
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=action)
    document.pages[0].obj.Annots = pikepdf.Array([link])
    return _saved(document)


ACTIONS = (
    "/ImportData", "/SubmitForm", "/GoToR", "/GoToE", "/Launch", "/JavaScript", "/Movie", "/Sound", "/Rendition",
    "/RichMediaExecute",
)  # fmt: skip


def acting_pdf(kind: str) -> bytes:
    """A PDF with a link that does something of this kind."""
    document = _document()
    action = pikepdf.Dictionary(S=pikepdf.Name(kind), F=pikepdf.String("a.pdf"))
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=action)
    document.pages[0].obj.Annots = pikepdf.Array([document.make_indirect(link)])
    return _saved(document)


def pdf_with(key: str) -> bytes:
    """A PDF with this key deep inside a list of its catalog."""
    document = _document()
    document.Root.Parts = pikepdf.Array([pikepdf.Array([pikepdf.Dictionary({key: pikepdf.Array([])})])])
    return _saved(document)


def nested_pdf(depth: int) -> bytes:
    """A PDF with a script inside so many lists."""
    lists = b"[" * depth + b"<</S/JavaScript/JS(app.alert\\(1\\))>>" + b"]" * depth
    return _raw(
        [b"<</Type/Catalog/Pages 2 0 R/Parts 3 0 R>>", b"<</Type/Pages/Kids[4 0 R]/Count 1>>", lists, _PAGE]
    )


def crowded_pdf(objects: int, entries: int = 1) -> bytes:
    """A PDF with so many objects, each a list of so many numbers."""
    parts = b"[" + b" ".join(b"%d 0 R" % (number + 4) for number in range(objects)) + b"]"
    pages = b"<</Type/Pages/Kids[4 0 R]/Count 1>>"
    return _raw(
        [
            b"<</Type/Catalog/Pages 2 0 R/Parts 3 0 R>>",
            pages,
            parts,
            _PAGE,
            *[b"[" + b"0 " * entries + b"]"] * objects,
        ]
    )


def packed_pdf(objects: int) -> bytes:
    """A small PDF with so many objects, packed together."""
    document = _document()
    many = [document.make_indirect(pikepdf.Array([number])) for number in range(objects)]
    document.Root.Parts = document.make_indirect(pikepdf.Array(many))
    return _saved(document, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def written_pdf() -> bytes:
    """A PDF with all that word processors put into theirs: links, bookmarks, named places, a form, a structure."""
    document = _document(3)
    first, last = document.pages[0].obj, document.pages[2].obj
    actions = [
        pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("https://contoh.id/cv")),
        pikepdf.Dictionary(S=pikepdf.Name.GoTo, D=pikepdf.Array([last, pikepdf.Name.Fit])),
        pikepdf.Dictionary(S=pikepdf.Name.Named, N=pikepdf.Name.NextPage),
    ]
    first.Annots = pikepdf.Array(
        [
            document.make_indirect(
                pikepdf.Dictionary(
                    Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 90, 90], A=action
                )
            )
            for action in actions
        ]
    )
    field = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T=pikepdf.String("nama"),
            V=pikepdf.String("Budi"), Rect=[0, 100, 90, 120], F=4, P=first,
        )
    )  # fmt: skip
    first.Annots.append(field)
    document.Root.AcroForm = pikepdf.Dictionary(Fields=[field], NeedAppearances=True)
    document.Root.Names = pikepdf.Dictionary(
        Dests=pikepdf.Dictionary(Names=[pikepdf.String("bab1"), pikepdf.Array([first, pikepdf.Name.Fit])])
    )
    document.Root.OpenAction = pikepdf.Array([first, pikepdf.Name.Fit])
    document.Root.MarkInfo = pikepdf.Dictionary(Marked=True)
    document.Root.StructTreeRoot = pikepdf.Dictionary(
        Type=pikepdf.Name.StructTreeRoot, RoleMap=pikepdf.Dictionary(Judul=pikepdf.Name.H1)
    )
    with document.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Bab 1", 0))
        outline.root.append(pikepdf.OutlineItem("Bab 2", 2))
    with document.open_metadata() as metadata:
        metadata["dc:title"] = "CV Budi"
    return _saved(document)


def carrying_pdf() -> bytes:
    """A PDF with a program inside."""
    document = _document()
    document.attachments["obat.exe"] = b"MZ..."
    return _saved(document)


def pdf_bomb(streams: int = 12, megabytes: int = 30) -> bytes:
    """A small PDF whose object streams unpack to hundreds of megabytes."""
    parts, rows, place, number = [b"%PDF-1.5\n"], [(0, 0, 65535)], len(b"%PDF-1.5\n"), 1

    def add(body: bytes) -> None:
        nonlocal place
        text = b"%d 0 obj\n%b\nendobj\n" % (number, body)
        parts.append(text)
        rows.append((1, place, 0))
        place += len(text)

    add(b"<</Type/Catalog/Pages 2 0 R>>")
    number = 2
    add(b"<</Type/Pages/Kids[3 0 R]/Count 1>>")
    for _ in range(streams):
        number += 2
        rows.append((2, number, 0))
        packed = zlib.compress(
            (b"%d 0 " % (number - 1)).ljust(10) + b" " * (megabytes << 20) + b"<</S/X>>", 1
        )
        packed = zlib.compress(packed, 9)
        head = b"<</Type/ObjStm/N 1/First 10/Filter[/FlateDecode/FlateDecode]/Length %d>>" % len(packed)
        add(head + b"\nstream\n" + packed + b"\nendstream")
    number += 1
    rows.append((1, place, 0))
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    head = b"<</Type/XRef/Size %d/W[1 4 2]/Root 1 0 R/Length %d>>" % (len(rows), len(table))
    parts.append(b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (number, head, table))
    return b"".join(parts) + b"startxref\n%d\n%%%%EOF" % place


_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"


def _raw(objects: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from one; the first is its catalog."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return bytes(out) + head + table + tail


def _document(pages: int = 1) -> pikepdf.Pdf:
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    return document


def _saved(document: pikepdf.Pdf, **options: Any) -> bytes:
    out = io.BytesIO()
    document.save(out, **options)
    return out.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
