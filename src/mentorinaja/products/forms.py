"""Forms about products: what an expert says of one, and how somebody pays for it."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, SelectField, ValidationError

from mentorinaja.bookings.rules import METHODS
from mentorinaja.experts.rules import PRICE_BOUNDS, PRODUCT_TYPES
from mentorinaja.experts.service_form import check_readable
from mentorinaja.formats import rupiah
from mentorinaja.products.queries import Product
from mentorinaja.products.rules import DESCRIPTION_LENGTH, NAME_LENGTH, NewProduct, wrong_link
from mentorinaja.typed import whole_in
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
from mentorinaja.web.parts import SentFile


class ProductForm(BaseForm):
    """A product: what it is, and what its buyers get: a file, or a link."""

    type = SelectField("Tipe", choices=[(code, name) for code, (name, _) in PRODUCT_TYPES.items()])
    name = LineField(
        "Nama Produk",
        [
            required("Tulis nama produk."),
            length("Nama produk 3 sampai 80 karakter.", *NAME_LENGTH),
        ],
    )
    price = RupiahField(
        "Harga (Rp)",
        [
            typed("Tulis harganya."),
            between(*PRICE_BOUNDS, f"Harga antara {rupiah(PRICE_BOUNDS[0])} dan {rupiah(PRICE_BOUNDS[1])}."),
        ],
    )
    description = TextField(
        "Deskripsi",
        [length(f"Deskripsi paling banyak {DESCRIPTION_LENGTH} karakter.", most=DESCRIPTION_LENGTH)],
    )
    link = LineField("Tautan unduhan")
    file = LineField("Berkas")
    active = BooleanField("Aktif", false_values=(False, "", "0", "false"))
    version = HiddenField()

    def __init__(self, sent: Posted | None = None, *, product: Product | None = None) -> None:
        """The form as it was sent, else what the product says; `product` None: a new one."""
        before: dict[str, Any] = {"active": True}
        if product is not None:
            before = {
                "type": product.type,
                "name": product.name,
                "price": product.price,
                "description": product.description,
                "link": product.link,
                "active": product.active,
                "version": str(product.version),
            }
        super().__init__(sent, data=before)
        self.product = product
        self.sent_file: SentFile | None = sent.file("file") if sent is not None else None

    def validate_name(self, field: LineField) -> None:
        """Something that can be read."""
        check_readable(field.data or "")

    def validate_link(self, field: LineField) -> None:
        """One of the two: a link or a file; what a product has already may stay."""
        if field.data and (wrong := wrong_link(field.data)):
            raise ValidationError(wrong)
        if field.data and self.sent_file:
            raise ValidationError("Pilih salah satu: unggah berkas atau tulis tautan.")

    def validate_file(self, field: LineField) -> None:
        """Something must be delivered."""
        has_file = self.product is not None and self.product.file_id is not None
        if not self.link.data and not self.sent_file and not has_file:
            raise ValidationError("Unggah berkasnya, atau tulis tautan unduhan.")

    def now_there(self, product: Product) -> None:
        """The product was changed elsewhere: what was typed stays, and sent again it takes the place of that."""
        self.product = product
        self.version.data = str(product.version)

    @property
    def shown_version(self) -> int | None:
        """Which version of the product was on the screen, or None when the form does not say."""
        return whole_in(self.version.data)

    def said(self) -> NewProduct:
        """The product as the form has it; the form is valid."""
        price = self.price.data
        assert price is not None, "the form was validated"
        return NewProduct(
            type=self.type.data,
            name=self.name.data or "",
            price=price,
            description=self.description.data or "",
            link=self.link.data or None,
            active=bool(self.active.data),
        )


class BuyForm(BaseForm):
    """How somebody wants to pay; left out, the method is picked at Midtrans."""

    payment_method = RadioField(
        "Metode Pembayaran",
        choices=[("any", "Pilih saat membayar"), *((code, method.name) for code, method in METHODS.items())],
        default="any",
    )
    # What it cost on the page, in whole rupiah: nobody pays more without having seen it.
    shown = HiddenField()

    @property
    def shown_total(self) -> int | None:
        """What the buyer was shown, or None when the form does not say."""
        return whole_in(self.shown.data)
