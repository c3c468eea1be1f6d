"""Names of files: as their senders gave them, without what they should not carry."""

import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorinaja.web.file_names import MOST_CHARACTERS, as_download, kept_name

PDF = "application/pdf"


@pytest.mark.parametrize(
    ("given_name", "media_type", "kept"),
    [
        ("CV Budi.pdf", PDF, "CV Budi.pdf"),
        ("CV Budi.PDF", PDF, "CV Budi.pdf"),
        ("foto.jpeg", "image/jpeg", "foto.jpg"),
        ("foto.jpg", "image/png", "foto.png"),
        ("tagihan.pdf.exe", PDF, "tagihan.pdf.pdf"),
        ("rencana v1.2 akhir", PDF, "rencana v1.2 akhir.pdf"),
        ("../../etc/passwd", PDF, "passwd.pdf"),
        ("C:\\Users\\Budi\\cv.pdf", PDF, "cv.pdf"),
        ("/", PDF, "dokumen.pdf"),
        ("", "image/webp", "gambar.webp"),
        (".pdf", PDF, "pdf.pdf"),
        ("....", PDF, "dokumen.pdf"),
        ("<script>alert(1)</script>.png", "image/png", "script_.png"),
        ('"><img src=x onerror=alert(1)>.png', "image/png", "___img src=x onerror=alert(1)_.png"),
        ("gaji\u202egpj.exe", "image/jpeg", "gajigpj.jpg"),
        ("baris\r\nX-Kepala: 1.pdf", PDF, "baris X-Kepala_ 1.pdf"),
        ("nol\x00.pdf", PDF, "nol.pdf"),
        ("履歴書 ✨.pdf", PDF, "履歴書 ✨.pdf"),
        ("a" * 500 + ".pdf", PDF, "a" * 116 + ".pdf"),
    ],
)
def test_a_name_is_cleaned_and_ends_as_its_content_says(given_name: str, media_type: str, kept: str) -> None:
    assert kept_name(given_name, media_type) == kept


@given(st.text(st.characters(categories=None), max_size=300))
def test_any_name_at_all_can_be_kept_and_sent(given_name: str) -> None:
    name = kept_name(given_name, "image/png")
    assert 1 <= len(name) <= MOST_CHARACTERS and name.endswith(".png") and name != ".png"
    assert not set(name) & set('/\\<>:"|?*\r\n\x00')
    assert all(unicodedata.category(one) not in ("Cc", "Cf", "Cs") for one in name)
    header = as_download(name)
    assert header.isascii() and "\n" not in header and header.count('"') == 2
    assert unquote(header.rpartition("''")[2]) == name
