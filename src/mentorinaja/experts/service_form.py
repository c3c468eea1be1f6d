"""What an expert says of a service: name, category, duration or none, price, where it takes place."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, RadioField, ValidationError
from wtforms.widgets import TextInput

from mentorinaja.experts.rules import ADDRESS_LENGTH, DURATION_BOUNDS, PRICE_BOUNDS, NewService
from mentorinaja.experts.services import OwnService
from mentorinaja.formats import rupiah
from mentorinaja.typed import has_unseen, whole_in
from mentorinaja.web.bodies import Posted
from mentorinaja.web.forms import (
    BaseForm,
    LineField,
    RupiahField,
    TextField,
    between,
    length,
    required,
    typed,
)

CATEGORIES = {
    "online_chat": "Online Chat",
    "online_video": "Online Video",
    "offline_event": "Offline Event",
}
_OFF = (False, "", "0", "false")
_LEAST, _MOST = DURATION_BOUNDS


def check_readable(name: str) -> None:
    """A name of something that is sold can be read as it was written. Raises ValidationError."""
    if name and not any(sign.isalnum() for sign in name):
        raise ValidationError("Tulis nama yang dapat dibaca, dengan huruf atau angka.")
    if has_unseen(name):
        raise ValidationError("Ada karakter yang tidak terlihat. Tulis ulang tanpa menyalin.")


class MinutesField(IntegerField):
    """Whole minutes, or None for nothing (`-` is nothing, too); kept as typed."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the first value. Raises ValueError, which becomes the field's error."""
        first = valuelist[0] if valuelist else ""
        text = first.strip().removesuffix("menit").strip() if isinstance(first, str) else ""
        self.data = None
        if text in ("", "-"):
            return
        if not (text.isascii() and text.isdecimal() and len(text) <= 6):
            raise ValueError("Tulis durasi dalam menit, misalnya 30.")
        self.data = int(text)


class ServiceForm(BaseForm):
    """A service as its expert fills it in; without a duration (`untimed`) it is answered in writing."""

    name = LineField(
        "Nama Layanan",
        [required("Tulis nama layanannya."), length("Nama layanan 3 sampai 80 karakter.", 3, 80)],
    )
    category = RadioField("Kategori", choices=list(CATEGORIES.items()), default="online_chat")
    duration = MinutesField(
        "Durasi (menit)", [between(_LEAST, _MOST, f"Durasi {_LEAST} sampai {_MOST} menit.")]
    )
    untimed = BooleanField("Tanpa durasi", false_values=_OFF)
    price = RupiahField(
        "Harga (Rp)",
        [
            typed("Tulis harganya."),
            between(*PRICE_BOUNDS, f"Harga antara {rupiah(PRICE_BOUNDS[0])} dan {rupiah(PRICE_BOUNDS[1])}."),
        ],
    )
    description = TextField("Deskripsi", [length("Deskripsi paling banyak 2.000 karakter.", most=2000)])
    address = LineField(
        "Alamat", [length(f"Alamat paling banyak {ADDRESS_LENGTH} karakter.", most=ADDRESS_LENGTH)]
    )
    active = BooleanField("Aktif", false_values=_OFF)
    version = HiddenField()

    def __init__(
        self, sent: Posted | None = None, *, service: OwnService | None = None, **options: Any
    ) -> None:
        """The form as it was sent, else what the service says; `service` None: a new one."""
        super().__init__(sent, data=_before(service), **options)
        self.service = service

    def validate_name(self, field: LineField) -> None:
        """Something that can be read."""
        check_readable(field.data or "")

    def validate_duration(self, field: MinutesField) -> None:
        """Either so many minutes or none, said in so many words."""
        if field.data is None and not field.errors and not self.untimed.data:
            raise ValidationError("Tulis durasinya dalam menit, atau centang “Tanpa durasi”.")
        if field.data is not None and self.untimed.data:
            raise ValidationError("Kosongkan durasinya, atau lepas centang “Tanpa durasi”.")

    def validate_untimed(self, field: BooleanField) -> None:
        """What is answered in writing is a chat."""
        if field.data and self.category.data in ("online_video", "offline_event"):
            raise ValidationError(
                "Layanan tanpa durasi dijawab tertulis. Pilih kategori Online Chat, atau tulis durasinya."
            )

    def validate_address(self, field: LineField) -> None:
        """Where to go to."""
        if self.category.data == "offline_event" and not field.data:
            raise ValidationError("Tulis alamat tempat bertemu.")

    def now_there(self, service: OwnService) -> None:
        """The service was changed elsewhere: what was typed stays, and sent again it takes the place of that."""
        self.service = service
        self.version.data = str(service.version)

    @property
    def shown_version(self) -> int | None:
        """Which version of the service was on the screen, or None when the form does not say."""
        return whole_in(self.version.data)

    def said(self) -> NewService:
        """The service as the form has it; the form is valid."""
        price = self.price.data
        assert price is not None, "the form was validated"
        return NewService(
            name=self.name.data or "",
            category=self.category.data,
            duration_minutes=self.duration.data,
            price=price,
            description=self.description.data or "",
            address=(self.address.data or "") if self.category.data == "offline_event" else "",
            active=bool(self.active.data),
        )


def _before(service: OwnService | None) -> dict[str, Any]:
    if service is None:
        return {"active": True}
    return {
        "name": service.name,
        "category": service.category,
        "duration": service.duration_minutes,
        "untimed": service.is_thread,
        "price": service.price,
        "description": service.description,
        "address": service.address,
        "active": service.active,
        "version": str(service.version),
    }
