"""What an expert fills in to be paid out."""

from __future__ import annotations

from uuid import UUID, uuid4

from wtforms import Field, HiddenField, PasswordField, ValidationError

from mentorinaja.banks.forms import BankAccountForm
from mentorinaja.typed import rupiah_in
from mentorinaja.web.forms import LineField, required
from mentorinaja.withdrawals.actions import Wish


class WithdrawalForm(BankAccountForm):
    """`amount` as rupiah are written, the bank account, the `password` once more; `form_key` names this form."""

    form_key = HiddenField(default=lambda: str(uuid4()))
    amount = LineField(
        "Jumlah Penarikan (Rp)",
        [required("Isi jumlah yang ingin ditarik.")],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 40},
    )
    password = PasswordField("Password Anda", [required("Isi password akun Anda.")])

    def validate_amount(self, field: Field) -> None:
        """Raises ValidationError for what is no whole number of rupiah."""
        if not rupiah_in(field.data or ""):
            raise ValidationError("Tulis jumlah dengan angka saja, seperti 1500000 atau 1.500.000.")

    def renew_key(self) -> None:
        """Sent once more, the form is another request."""
        self.form_key.data = str(uuid4())

    @property
    def wish(self) -> Wish:
        """What a valid form asks for; a form whose key got lost is a new one."""
        amount = rupiah_in(self.amount.data or "")
        assert amount is not None, "the form was validated"
        return Wish(
            _key(self.form_key.data), amount, self.bank.data, self.number, self.account_holder.data or ""
        )


def _key(sent: str | None) -> UUID:
    try:
        return UUID(sent or "")
    except ValueError:
        return uuid4()
