"""The three fields of a bank account, for every form that asks for one."""

from __future__ import annotations

from wtforms import Field, Form, SelectField, ValidationError

from mentorinaja.banks import rules
from mentorinaja.web.forms import BaseForm, LineField, length, required


class BankAccountForm(BaseForm):
    """`bank` (a code of `BANKS`), `account_number` and `account_holder`; `number` is the number's digits."""

    bank = SelectField(
        "Bank",
        choices=[("", "Pilih Bank"), *((bank.code, bank.name) for bank in rules.BANKS.values())],
        validators=[required("Pilih bank Anda.")],
        default="",
    )
    account_number = LineField(
        "Nomor Rekening",
        validators=[required("Isi nomor rekening.")],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 40},
    )
    account_holder = LineField(
        "Nama Pemilik Rekening",
        validators=[
            required("Isi nama pemilik rekening."),
            length("Tulis nama seperti di buku tabungan, 3 sampai 100 karakter.", least=3, most=100),
        ],
        render_kw={"autocomplete": "name", "maxlength": 100},
    )

    def validate_account_number(self, field: Field) -> None:
        """Raises ValidationError for what no bank would take."""
        _check_number(self, field)

    @property
    def number(self) -> str:
        """The digits of a valid form's account number."""
        digits = rules.account_number(self.account_number.data or "")
        assert digits is not None, "the form was validated"
        return digits


def _check_number(_form: Form, field: Field) -> None:
    if rules.account_number(field.data or "") is None:
        raise ValidationError("Tulis nomor rekening dengan 6 sampai 20 angka.")
