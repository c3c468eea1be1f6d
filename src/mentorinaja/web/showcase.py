"""The design system on one page, for whoever writes the next one. Not in production."""

from __future__ import annotations

from litestar import Response, get
from wtforms import BooleanField, DateField, EmailField, PasswordField, RadioField, SelectField
from wtforms.validators import Optional

from mentorinaja.web.forms import BaseForm, LineField, TextField, length, required
from mentorinaja.web.html import page
from mentorinaja.web.viewer import AnyRequest


class SampleForm(BaseForm):
    """One field of every kind."""

    full_name = LineField("Nama Lengkap", [required("Tulis nama Anda.")])
    email = EmailField("Email", [required("Tulis email Anda.")])
    password = PasswordField("Password", [length("Password paling sedikit 10 karakter.", 10, 256)])
    service = SelectField(
        "Layanan", choices=[("1", "Chat Konsultasi (30 menit)"), ("2", "Video Call (60 menit)")]
    )
    date = DateField("Pilih Tanggal", [required("Pilih tanggal.")])
    time = RadioField("Pilih Waktu", choices=[(t, t) for t in ("09:00", "09:30", "14:00", "14:30", "16:00")])
    topic = LineField("Topik Konsultasi", [length("Tulis topik, 5 sampai 150 karakter.", 5, 150)])
    notes = TextField("Catatan Tambahan", [Optional()])
    category = RadioField(
        "Kategori", choices=[("online_chat", "Online Chat"), ("online_video", "Online Video")]
    )
    payment_method = RadioField(
        "Metode Pembayaran", choices=[("card", "Credit/Debit Card"), ("qris", "QRIS")]
    )
    rating = RadioField("Nilai Anda", choices=[(str(n), str(n)) for n in range(1, 6)])
    remember = BooleanField("Remember me")


@get("/dev/ui", opt={"public": True})
async def showcase(request: AnyRequest) -> Response[bytes]:
    """Everything pages are made of."""
    shown = SampleForm(
        data={"time": "14:00", "payment_method": "qris", "category": "online_chat", "rating": "4"}
    )
    tried = SampleForm(data={"email": "", "full_name": "", "password": "abc"})
    tried.validate()
    return page(request, "templates/dev/ui.html", form=shown, tried=tried)
