"""The form of a service: what is read, what is refused beside which field, and what is kept as it was typed."""

import pytest

from mentorinaja.experts.rules import NewService
from mentorinaja.experts.service_form import ServiceForm
from mentorinaja.web.bodies import Posted

GOOD = {
    "name": "Chat Konsultasi",
    "category": "online_chat",
    "duration": "30",
    "price": "Rp 150.000",
    "description": "Diskusi karier.",
    "active": "y",
}


def filled(**changes: str | None) -> ServiceForm:
    """The form as a browser sends it; None: the field is left out."""
    said = {name: value for name, value in (GOOD | changes).items() if value is not None}
    form = ServiceForm(Posted(list(said.items())))
    form.validate()
    return form


@pytest.mark.parametrize(
    ("changes", "service"),
    [
        ({}, NewService("Chat Konsultasi", "online_chat", 30, 150_000, "Diskusi karier.")),
        ({"price": "150000", "active": None},
         NewService("Chat Konsultasi", "online_chat", 30, 150_000, "Diskusi karier.", active=False)),
        ({"duration": " 45 menit ", "price": "150.000", "description": "a\r\nb"},
         NewService("Chat Konsultasi", "online_chat", 45, 150_000, "a\nb")),
        ({"duration": "", "untimed": "y", "name": "  Tinjau CV 📝 "},
         NewService("Tinjau CV 📝", "online_chat", None, 150_000, "Diskusi karier.")),
        ({"duration": "-", "untimed": "y"},
         NewService("Chat Konsultasi", "online_chat", None, 150_000, "Diskusi karier.")),
        ({"category": "offline_event", "address": "Jl. Melati 1"},
         NewService("Chat Konsultasi", "offline_event", 30, 150_000, "Diskusi karier.", "Jl. Melati 1")),
        ({"category": "online_video", "address": "Jl. Melati 1", "name": "<script>alert(1)</script>"},
         NewService("<script>alert(1)</script>", "online_video", 30, 150_000, "Diskusi karier.")),
        ({"duration": "5", "price": "10000"},
         NewService("Chat Konsultasi", "online_chat", 5, 10_000, "Diskusi karier.")),
        ({"duration": "480", "price": "50.000.000"},
         NewService("Chat Konsultasi", "online_chat", 480, 50_000_000, "Diskusi karier.")),
    ],
)  # fmt: skip
def test_what_is_typed_is_understood(changes: dict[str, str], service: NewService) -> None:
    form = filled(**changes)
    assert not form.errors
    assert form.said() == service


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": ""}, "name", "Tulis nama layanannya"),
        ({"name": "ab"}, "name", "3 sampai 80"),
        ({"name": "x" * 81}, "name", "3 sampai 80"),
        ({"name": "\u200b\u200b\u200b"}, "name", "dapat dibaca"),
        ({"name": "Chat \u202eisatlusnoK"}, "name", "tidak terlihat"),
        ({"name": "!!! ???"}, "name", "dapat dibaca"),
        ({"name": "Chat\x07Konsultasi"}, "name", "karakter yang tidak bisa disimpan"),
        ({"name": "Chat\nKonsultasi"}, "name", "satu baris"),
        ({"category": "online_game"}, "category", "Pilih salah satu"),
        ({"duration": ""}, "duration", "centang “Tanpa durasi”"),
        ({"duration": None}, "duration", "centang “Tanpa durasi”"),
        ({"duration": "4"}, "duration", "5 sampai 480"),
        ({"duration": "481"}, "duration", "5 sampai 480"),
        ({"duration": "999999999999999999999"}, "duration", "dalam menit"),
        ({"duration": "setengah jam"}, "duration", "dalam menit"),
        ({"duration": "-30"}, "duration", "dalam menit"),
        ({"duration": "30.5"}, "duration", "dalam menit"),
        ({"duration": "٣٠"}, "duration", "dalam menit"),
        ({"untimed": "y"}, "duration", "Kosongkan durasinya"),
        ({"untimed": "y", "duration": "", "category": "online_video"}, "untimed", "dijawab tertulis"),
        ({"untimed": "y", "duration": "", "category": "offline_event", "address": "Jl. Melati"}, "untimed", "tertulis"),
        ({"price": ""}, "price", "Tulis harganya"),
        ({"price": None}, "price", "Tulis harganya"),
        ({"price": "9999"}, "price", "Rp 10.000 dan Rp 50.000.000"),
        ({"price": "50.000.001"}, "price", "Rp 10.000 dan Rp 50.000.000"),
        ({"price": "150,000"}, "price", "rupiah bulat"),
        ({"price": "1.5"}, "price", "rupiah bulat"),
        ({"price": "-150000"}, "price", "rupiah bulat"),
        ({"price": "١٥٠٠٠٠"}, "price", "rupiah bulat"),
        ({"price": "9" * 40}, "price", "rupiah bulat"),
        ({"price": "150000 rupiah"}, "price", "rupiah bulat"),
        ({"description": "x" * 2001}, "description", "2.000"),
        ({"category": "offline_event"}, "address", "alamat tempat bertemu"),
        ({"category": "offline_event", "address": "x" * 201}, "address", "200"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_beside_its_field_and_kept(
    changes: dict[str, str | None], field: str, words: str
) -> None:
    form = filled(**changes)
    assert words in " ".join(form[field].errors), form.errors
    assert set(form.errors) == {field}
    if field in ("price", "duration"):
        assert form[field]._value() == (changes.get(field, GOOD[field]) or "")


def test_a_version_is_a_number_or_nothing() -> None:
    for sent, version in (("3", 3), ("", None), ("x", None), ("-1", None), ("9" * 30, None), ("٣", None)):
        assert filled(version=sent).shown_version == version
