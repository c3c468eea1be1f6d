"""Addresses and tags: what they may be made of, and what would pass for something it is not: pure."""

from __future__ import annotations

import re
import unicodedata

TAG_LENGTH = 40
_SLUG_MOST = 50
# What a tag may have beside letters and digits: C++, C#, .NET, UI/UX, "R&D (Farmasi)".
_TAG_SIGNS = frozenset(" +#.&/-()':")


def slug_from(name: str) -> str:
    """An address made of a name, for somebody to begin with: `Sari Wulandari, M.Sc.` → `sari-wulandari-m-sc`.

    May be empty or too short where the name has no plain letters.
    """
    plain = _plain(name).lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_MOST].strip("-")


def stranger_in(slug: str) -> str | None:
    """The first character that no address may have, as it is to be named; None when there is none.

    >>> stranger_in("s\u0430ri"), stranger_in("sari-2"), stranger_in("Sari w")
    ('“\u0430” (bukan huruf a–z biasa)', None, '“S”')
    """
    for letter in slug:
        if re.fullmatch("[a-z0-9-]", letter):
            continue
        if letter.isspace():
            return "spasi"
        if letter.isalpha() and not letter.isascii():
            return f"“{letter}” (bukan huruf a–z biasa)"
        return f"“{letter}”" if letter.isprintable() else "karakter tak terlihat"
    return None


def tidy_tag(text: str) -> str:
    """A tag as it is kept: wide and ornate letters made plain, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def tag_problem(tag: str) -> str | None:
    """Why a tidy tag cannot be one, or None. Only letters of the Latin alphabet, so that none looks like another."""
    if not 1 <= len(tag) <= TAG_LENGTH:
        return f"Keahlian berisi 1 sampai {TAG_LENGTH} karakter."
    # Where many are written at once it stands between them.
    if "," in tag:
        return "Tulis satu per satu, tanpa koma."
    for letter in tag:
        if letter in _TAG_SIGNS or (letter.isascii() and letter.isalnum()) or _is_latin(letter):
            continue
        shown = f"“{letter}”" if letter.isprintable() else "karakter tak terlihat"
        return f"Tulis dengan huruf Latin dan angka, tanpa {shown}."
    if not any(letter.isalnum() for letter in tag):
        return "Tulis keahlian dengan huruf atau angka."
    return None


def tag_key(tag: str) -> str:
    """What two tags have in common that are the same to a reader: letters without case and accents."""
    return _plain(tag).casefold()


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _is_latin(letter: str) -> bool:
    """An accented letter whose base is one of a to z, such as “é”; not “ı” or “ɑ”, which only look like one."""
    base = unicodedata.normalize("NFD", letter)[0]
    return letter.isalpha() and base.isascii() and base.isalpha()
