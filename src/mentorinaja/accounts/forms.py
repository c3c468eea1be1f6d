"""What people type about their accounts."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, Field, Form, PasswordField, RadioField, SelectField, ValidationError
from wtforms.widgets import EmailInput, TelInput

from mentorinaja.accounts import codes, rules
from mentorinaja.formats import ZONE_NAMES
from mentorinaja.web.forms import BaseForm, LineField, TextField, length, required, seen

_PLACES = {
    "Asia/Jakarta": "Jawa, Sumatra, Kalimantan Barat dan Tengah",
    "Asia/Makassar": "Bali, Sulawesi, Nusa Tenggara, Kalimantan lainnya",
    "Asia/Jayapura": "Maluku, Papua",
}
ZONES = [(zone, f"{name} · {_PLACES[zone]}") for zone, name in ZONE_NAMES.items()]


class EmailField(LineField):
    """An address; its `data` is the form mail servers know once it was validated."""

    widget = EmailInput()

    def pre_validate(self, form: Any) -> None:
        """Raises ValidationError for what is no address."""
        super().pre_validate(form)
        if self.data:
            normal = rules.normal_email(self.data)
            if normal is None:
                raise ValidationError("Tulis alamat email lengkap, seperti nama@contoh.id.")
            self.data = normal


class PhoneField(LineField):
    """A phone number; `e164` is what is stored, `data` stays as it was typed."""

    widget = TelInput()
    e164 = ""

    def pre_validate(self, form: Any) -> None:
        """Raises ValidationError for what is no number."""
        super().pre_validate(form)
        if self.data:
            normal = rules.normal_phone(self.data)
            if normal is None:
                raise ValidationError("Tulis nomor yang bisa dihubungi, seperti 0812-3456-7890.")
            self.e164 = normal


class NewPasswordField(PasswordField):
    """A password to be: long enough and not a common one. Never sent back to the page."""

    def pre_validate(self, form: Any) -> None:
        """Raises ValidationError with what to do."""
        email = form["email"].data if "email" in form else ""
        if self.data and (problem := rules.password_problem(self.data, email=email or "")):
            raise ValidationError(problem)


def _name_field() -> LineField:
    most = rules.NAME_LENGTH
    at_most = length(f"Paling banyak {most} karakter.", most=most)
    return LineField("Nama Lengkap", [required("Tulis nama Anda."), at_most, seen, _some_letter])


def _some_letter(_form: Form, field: Field) -> None:
    """Something that can be called out."""
    if not any(letter.isalpha() for letter in field.data):
        raise ValidationError("Tulis nama Anda dengan huruf.")


def _phone_field() -> PhoneField:
    return PhoneField("No. Telp", [required("Tulis nomor telepon Anda.")])


class RegisterForm(BaseForm):
    """A new account."""

    full_name = _name_field()
    email = EmailField("Email", [required("Tulis email Anda.")])
    phone = _phone_field()
    password = NewPasswordField("Password", [required("Tulis password.")])


class LoginForm(BaseForm):
    """Signing in. An address is only compared here, so it is not judged."""

    email = LineField("Email", [required("Tulis email Anda.")], widget=EmailInput())
    password = PasswordField("Password", [required("Tulis password Anda.")])
    remember = BooleanField("Remember me")

    def validate_password(self, field: PasswordField) -> None:
        """Longer than any password can be: not worth computing."""
        if len(field.data or "") > rules.PASSWORD_LENGTH[1]:
            raise ValidationError(f"Password paling banyak {rules.PASSWORD_LENGTH[1]} karakter.")


class ForgotForm(BaseForm):
    """Asking for a link by mail."""

    email = EmailField("Email", [required("Tulis email Anda.")])


class ResetForm(BaseForm):
    """The new password, by the link."""

    password = NewPasswordField("Password baru", [required("Tulis password baru.")])


class PersonForm(BaseForm):
    """Name and phone number."""

    full_name = _name_field()
    phone = _phone_field()


class ZoneForm(BaseForm):
    """The zone in which times are shown."""

    time_zone = SelectField("Zona waktu", choices=ZONES)


class EmailForm(BaseForm):
    """Another address, for somebody who knows the password."""

    email = EmailField("Email baru", [required("Tulis email baru Anda.")])
    password = PasswordField("Password", [required("Tulis password Anda.")])

    def validate_password(self, field: PasswordField) -> None:
        """Longer than any password can be: not worth computing."""
        if len(field.data or "") > rules.PASSWORD_LENGTH[1]:
            raise ValidationError("Password salah.")


class PasswordForm(BaseForm):
    """Another password, for somebody who knows the present one."""

    current_password = PasswordField("Password lama", [required("Tulis password Anda sekarang.")])
    new_password = NewPasswordField("Password baru", [required("Tulis password baru.")])

    def validate_current_password(self, field: PasswordField) -> None:
        """Longer than any password can be: not worth computing."""
        if len(field.data or "") > rules.PASSWORD_LENGTH[1]:
            raise ValidationError("Password lama salah.")


class CodeForm(BaseForm):
    """A code of the app, or a recovery code: in the same field, however they are grouped."""

    code = LineField("Kode verifikasi", [required("Tulis kode dari aplikasi.")])

    @property
    def normal(self) -> str:
        """The code as it is compared."""
        return codes.normal_code(self.code.data or "")

    def validate_code(self, _field: Field) -> None:
        """It looks like one of the two."""
        if not (codes.is_app_code(self.normal) or codes.is_recovery_code(self.normal)):
            raise ValidationError("Tulis 6 angka dari aplikasi, atau satu kode cadangan.")


class DeviceForm(CodeForm):
    """The first code of a device that is being set up: its app's, as there is no other yet."""

    def validate_code(self, _field: Field) -> None:
        """It looks like a code of an app."""
        if not codes.is_app_code(self.normal):
            raise ValidationError("Tulis 6 angka yang ditunjukkan aplikasi.")


class FactorForm(CodeForm):
    """Changing the second factor, for who knows the password and has a code."""

    what = RadioField(
        "Yang ingin Anda lakukan",
        choices=[("codes", "Buat kode cadangan baru"), ("device", "Pasang di perangkat lain")],
        default="codes",
    )
    password = PasswordField("Password", [required("Tulis password Anda.")])

    def validate_password(self, field: PasswordField) -> None:
        """Longer than any password can be: not worth computing."""
        if len(field.data or "") > rules.PASSWORD_LENGTH[1]:
            raise ValidationError("Password salah. Coba lagi.")


class ViewingForm(BaseForm):
    """Why an admin looks as somebody; the password where it was not given lately."""

    reason = TextField(
        "Alasan", [required("Tulis alasannya."), length("Tulis alasan, 5 sampai 500 karakter.", 5, 500), seen]
    )
    password = PasswordField("Password")

    def validate_password(self, field: PasswordField) -> None:
        """Longer than any password can be: not worth computing."""
        if len(field.data or "") > rules.PASSWORD_LENGTH[1]:
            raise ValidationError("Password salah. Coba lagi.")
