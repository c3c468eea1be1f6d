"""ZIP and EPUB files that are sold: taken for what they really are, refused for what they would do."""

import io
import zipfile

import pytest

from mentorinaja.contents import archives
from mentorinaja.contents.archives import kind_of
from mentorinaja.contents.checking import checked
from mentorinaja.contents.kinds import EPUB, PDF, ZIP, Document, Unacceptable
from tests.support import files


def packed(entries: dict[str, bytes], *, stored: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            how = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(name, data, compress_type=how)
    return out.getvalue()


def epub(container: str = "META-INF/container.xml") -> bytes:
    return packed(
        {"mimetype": EPUB.encode(), container: b"<container/>", "a.xhtml": b"<p>"}, stored=("mimetype",)
    )


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("tautan")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def locked() -> bytes:
    """The mark of a password on every entry, in both of its places."""
    data = bytearray(packed({"a.txt": b"rahasia"}))
    for head, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(head) + at] |= 1
    return bytes(data)


def bomb(size: int) -> bytes:
    """Zeros that pack to a thousandth."""
    return packed({"nol.bin": bytes(size)})


def lying(size: int) -> bytes:
    """As `bomb`, saying of itself that it is small."""
    data = bytearray(bomb(size))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = (100).to_bytes(4, "little")
    return bytes(data)


async def looked(data: bytes) -> str:
    found = await checked(io.BytesIO(data), small=320, person=1, archives=True)
    assert isinstance(found, Document) and found.data == data
    return found.media_type


async def refused(data: bytes, *, archives: bool = True) -> str:
    with pytest.raises(Unacceptable) as refusal:
        await checked(io.BytesIO(data), small=320, person=1, archives=archives)
    return refusal.value.reason


async def test_what_is_sold_is_what_it_says_and_a_room_takes_no_archives() -> None:
    template = packed({"isi/template.xlsx": packed({"xl/a.xml": b"<a/>"}), "isi/baca.txt": b"Halo"})
    assert await looked(template) == ZIP
    assert await looked(epub()) == EPUB
    assert await looked(files.pdf()) == PDF
    assert await refused(template, archives=False) == "unknown"
    assert await refused(b"PK\x05\x06" + bytes(18)) == "unknown"
    assert await refused(template[: len(template) // 2]) == "broken"


def test_what_is_not_passed_on() -> None:
    deep = packed({"c.zip": packed({"b.zip": packed({"a.zip": packed({"a.txt": b"a"})})})})
    broken = bytearray(packed({"a.txt": bytes(range(256)) * 40}, stored=("a.txt",)))
    broken[200] ^= 0xFF
    for data, reason in (
        (packed({"../keluar.txt": b"a"}), "active"),
        (packed({"/etc/passwd": b"a"}), "active"),
        (packed({"C:\\keluar.txt": b"a"}), "active"),
        (packed({"pasang.exe": b"a"}), "active"),
        (packed({"Pasang.BAT ": b"a"}), "active"),
        (packed({"gambar.png": b"MZ\x90\x00" + bytes(60)}), "active"),
        (packed({"isi.zip": packed({"program": b"\x7fELF" + bytes(60)})}), "active"),
        (linked(), "active"),
        (locked(), "locked"),
        (deep, "heavy"),
        (bytes(broken), "broken"),
        (packed({"kosong/": b""}), "broken"),
        (packed({f"{number}.txt": b"" for number in range(archives.MOST_ENTRIES + 1)}), "heavy"),
        (epub(container="lain.xml"), "broken"),
    ):
        with pytest.raises(Unacceptable) as refusal:
            kind_of(data)
        assert refusal.value.reason == reason, data[:60]


def test_what_unpacks_to_too_much_is_stopped_while_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_UNPACKED", 2_000_000)
    for data in (bomb(3_000_000), packed({f"{n}.zip": bomb(900_000) for n in range(3)})):
        assert len(data) < 30_000
        with pytest.raises(Unacceptable) as refusal:
            kind_of(data)
        assert refusal.value.reason == "heavy"
    with pytest.raises(Unacceptable) as refusal:
        kind_of(lying(3_000_000))
    assert refusal.value.reason in ("broken", "heavy")
