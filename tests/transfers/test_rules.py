"""What the bank reads of a file, and what is read of its answers."""

import pytest

from mentorinaja.transfers.rules import (
    MOST,
    Line,
    Reference,
    Unbatchable,
    Unmarkable,
    bank_csv,
    checked_reference,
    contradicted,
    references_in,
)


def line(holder: str) -> Line:
    return Line("R-7", 1, 157_500, "014", b"sealed", "7890", holder)


def test_the_bank_reads_code_name_number_holder_amount_and_our_id() -> None:
    assert bank_csv([(line("Bima Putra"), "0012347890")]) == (
        "id,bank_code,bank_name,account_number,account_holder,amount\r\n"
        "R-7,014,BCA,0012347890,Bima Putra,157500\r\n"
    )


@pytest.mark.parametrize("holder", ["=1+1", " @SUM(A1)", "a;=cmd", '"=x', "+62", "-1\n=2"])
def test_nothing_a_holder_is_called_is_a_formula(holder: str) -> None:
    row = bank_csv([(line(holder), "0012347890")]).splitlines()[1]
    assert all(
        not cell.strip('" ').startswith(("=", "+", "-", "@")) for cell in row.replace(";", ",").split(",")
    )
    assert "\n" not in row


def test_what_is_pasted_is_read_line_by_line_however_it_is_separated() -> None:
    pasted = "R-7\tBCA 99/12\r\n\r\nr-8; FT-1\n#R-9,X 1\nR-10   ABC\nR-11\n\x00\n"
    assert references_in(pasted) == [
        Reference(1, "R-7", "BCA 99/12", "R-7\tBCA 99/12"),
        Reference(3, "R-8", "FT-1", "r-8; FT-1"),
        Reference(4, "R-9", "X 1", "#R-9,X 1"),
        Reference(5, "R-10", "ABC", "R-10   ABC"),
        Reference(6, "R-11", "", "R-11"),
    ]
    with pytest.raises(Unbatchable):
        references_in("R-1 x\n" * (MOST + 1))


def test_an_id_with_two_references_is_nobodys_to_guess() -> None:
    assert contradicted(references_in("R-1 FT-1\nr-1,FT-1\nR-2 FT-2\nR-2 FT-3\nR-3\nR-3 FT-4")) == {"R-2"}


def test_a_reference_has_four_to_sixty_characters_that_can_be_seen() -> None:
    assert checked_reference(" FT-1 ") == "FT-1" and checked_reference("x" * 60) == "x" * 60
    for wrong in ("", "FT1", "x" * 61, "FT-1\u200b2", "FT\n12"):
        with pytest.raises(Unmarkable):
            checked_reference(wrong)
