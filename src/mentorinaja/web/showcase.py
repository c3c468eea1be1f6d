"""The design system on one page, for whoever writes the next one. Not in production."""

from __future__ import annotations

from litestar import Response, get
from wtforms import BooleanField, PasswordField, RadioField, SelectField

from mentorinaja.web.forms import BaseForm, LineField, TextField, required
from mentorinaja.web.html import page
from mentorinaja.web.viewer import AnyRequest


class SampleForm(BaseForm):
    """One field of every kind."""

    full_name = LineField("Nama lengkap", [required("Tulis nama Anda.")])
    password = PasswordField("Password")
    notes = TextField("Catatan")
    zone = SelectField("Zona waktu", choices=[("Asia/Jakarta", "WIB"), ("Asia/Makassar", "WITA")])
    method = RadioField("Metode pembayaran", choices=[("card", "Kartu"), ("qris", "QRIS")], default="card")
    remember = BooleanField("Ingat saya")


@get("/dev/ui", opt={"public": True})
async def showcase(request: AnyRequest) -> Response[bytes]:
    """Everything pages are made of."""
    wrong = SampleForm(data={"full_name": ""})
    wrong.validate()
    return page(request, "templates/dev/ui.html", form=SampleForm(), wrong=wrong)
