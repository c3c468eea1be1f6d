"""Files without a site: nothing a spreadsheet would run, long months over many pages, names of every kind."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mentorinaja.invoices import month_files, pdf, rules
from mentorinaja.invoices.documents import Invoice
from mentorinaja.invoices.months import BALANCES, Month, Movement
from mentorinaja.invoices.paper import shown
from mentorinaja.invoices.sheets import invoice_sheet
from mentorinaja.typed import harmless
from tests.support.papers import pages_of, words_of

NOW = datetime(2026, 11, 26, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("+15 menit: Chat", "'+15 menit: Chat"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  \t=1", "'=1"),
        ("\r\n=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("Budi;=1+1", "Budi;'=1+1"),
        ('Budi",=1+1', "Budi\",'=1+1"),
        ('x"";""=1', 'x"";""\'=1'),
        ("＝1", "'＝1"),
        ("Budi = Santoso - a+b@c", "Budi = Santoso - a+b@c"),
        ("O'Neil, S.", "O'Neil, S."),
    ],
)
def test_no_cell_is_a_formula(written: str, kept: str) -> None:
    assert harmless(written) == kept


def month(many: int) -> Month:
    moves = tuple(
        Movement(
            NOW + timedelta(minutes=number),
            "payment",
            f"BE-{number:05}",
            "Chat " * 12,
            "Budi",
            None,
            {"expert_held": number},
        )
        for number in range(1, many + 1)
    )
    return Month(date(2026, 11, 1), "Sari", NOW, dict.fromkeys(BALANCES, 0), moves, None, date(2026, 12, 1))


def test_a_long_month_goes_over_many_pages_and_loses_nothing() -> None:
    words = words_of(month_files.as_pdf(month(120)))
    assert all(f"BE-{number:05}" in words for number in range(1, 121))
    assert "Halaman 9 dari" in words
    for page in pages_of(month_files.as_pdf(month(40))):
        begun, told = page.count("Pembayaran diterima"), page.count("+ Rp")
        assert begun == told, "a movement stays on one page"
    assert len(month_files.as_csv(month(120)).splitlines()) == 123


def test_months_are_those_of_wib() -> None:
    assert rules.month_of(datetime(2026, 10, 31, 17, 0, tzinfo=UTC)) == date(2026, 11, 1)
    assert rules.month_of(datetime(2026, 10, 31, 16, 59, tzinfo=UTC)) == date(2026, 10, 1)
    assert rules.begins(date(2026, 11, 1)) == datetime(2026, 10, 31, 17, 0, tzinfo=UTC)
    assert rules.month_after(date(2026, 12, 1)) == date(2027, 1, 1)
    assert rules.month_after(date(2026, 1, 1), -1) == date(2025, 12, 1)
    assert month(0).last == date(2026, 11, 30)


def test_numbers_have_one_spelling() -> None:
    assert rules.note_name(2026, 1) == "CN-2026-000001" and rules.note_named("CN-2026-000001") == (2026, 1)
    assert rules.note_named("CN-2026-1234567") == (2026, 1_234_567)
    for wrong in (
        "CN-2026-1",
        "CN-2026-0000001",
        "INV-2026-000001",
        "CN-2026-000001 ",
        "CN-２０２６-000001",
        "",
    ):
        assert rules.note_named(wrong) is None, wrong


def test_every_name_is_shown_or_seen_to_be_missing() -> None:
    name = "Ayu Ñusta Ğül Łódź Đặng Ольга Γιώργος שרה سارة Ք ქ"
    assert shown(name) == name
    assert shown("e\u0301") == "é" and shown("王 😀 \u202e") == "□ □ □"
    invoice = Invoice(
        "INV-2026-000001", NOW, "BE-20261126-ABC234", "W" * 100, "Sari", "Chat", False, NOW, "Asia/Makassar",
        150_000, 7_500, 500, 157_500, 3_121, 1_100, "QRIS", NOW,
    )  # fmt: skip
    words = words_of(pdf.draw(invoice_sheet(invoice)))
    assert words.count("W") >= 100 and "26 Nov 2026, 15:00 WITA" in words
    assert "Termasuk pajak (11%) Rp 3.121" in words
