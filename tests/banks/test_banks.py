"""Account numbers: what is one, how it is kept, how it is shown."""

import pytest

from mentorinaja.banks import rules
from mentorinaja.banks.forms import BankAccountForm
from mentorinaja.banks.vault import Unreadable, Vault
from mentorinaja.settings import SettingsError
from mentorinaja.web.bodies import Posted
from tests.support.config import make_settings

KEY = "a-key-for-account-numbers-0123456789"
NEXT = "the-key-that-comes-after-0123456789ab"


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("1234567890", "1234567890"),
        ("123-456.78 90", "1234567890"),
        ("12345", None),
        ("1" * 21, None),
        ("", None),
        ("12a4567", None),
        ("١٢٣٤٥٦٧٨", None),
        ("-1234567 ", "1234567"),
        ("1234567\n", None),
    ],
)
def test_an_account_number_is_digits_however_they_are_spaced(typed: str, digits: str | None) -> None:
    assert rules.account_number(typed) == digits


def test_only_the_last_four_digits_are_shown() -> None:
    assert rules.masked(rules.tail("1234567890")) == "•••• 7890"


def test_every_bank_has_its_three_digits() -> None:
    assert all(code == bank.code and len(code) == 3 and code.isdigit() for code, bank in rules.BANKS.items())


def test_a_sealed_number_opens_again_and_tells_nothing() -> None:
    vault = Vault(make_settings("", bank_key=KEY))
    sealed = vault.seal("1234567890")
    assert b"1234567890" not in sealed and sealed != vault.seal("1234567890")
    assert vault.open(sealed) == "1234567890"


def test_after_a_change_of_keys_old_numbers_still_open() -> None:
    old = Vault(make_settings("", bank_key=KEY)).seal("1234567890")
    both = Vault(make_settings("", bank_key=f"{NEXT}, {KEY}"))
    assert both.open(old) == "1234567890"
    with pytest.raises(Unreadable):
        Vault(make_settings("", bank_key=KEY)).open(both.seal("1234567890"))


def test_a_changed_byte_is_not_opened() -> None:
    vault = Vault(make_settings("", bank_key=KEY))
    sealed = bytearray(vault.seal("1234567890"))
    sealed[40] ^= 1
    with pytest.raises(Unreadable):
        vault.open(bytes(sealed))


def test_a_short_key_stops_the_start_by_name() -> None:
    with pytest.raises(SettingsError, match="BANK_KEY"):
        make_settings("", bank_key=f"{KEY},short")


def test_the_form_names_what_is_missing_and_keeps_what_was_typed() -> None:
    form = BankAccountForm(_sent(bank="999", account_number="١٢٣٤٥٦٧٨", account_holder="B"))
    assert not form.validate()
    assert {field.name for field in form if field.errors} == {"bank", "account_number", "account_holder"}
    assert form.account_number.data == "١٢٣٤٥٦٧٨"
    fine = BankAccountForm(_sent(bank="014", account_number="123 456 7890", account_holder="Budi Santoso"))
    assert fine.validate() and fine.number == "1234567890"


def _sent(**values: str) -> Posted:
    return Posted([*values.items()])
