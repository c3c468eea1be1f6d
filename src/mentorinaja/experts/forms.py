"""What can be asked of the list of experts, typed or in the address."""

from __future__ import annotations

from datetime import date, timedelta

from wtforms import DateField, SelectField, StringField, ValidationError
from wtforms.validators import Optional

from mentorinaja.experts.rules import CATEGORY_NAMES, SORT_NAMES, Search
from mentorinaja.formats import rupiah
from mentorinaja.web.bodies import Posted
from mentorinaja.web.forms import BaseForm, LineField, RupiahField
from mentorinaja.web.viewer import AnyRequest

MOST_CHARACTERS = 100
MOST_DAYS_AHEAD = 365


class FilterForm(BaseForm):
    """The search box and the filters. What is wrong is told beside its field and left out of the search."""

    q = LineField("Cari mentor")
    expertise = LineField("Keahlian")
    category = SelectField("Jenis sesi", choices=[("", "Semua"), *CATEGORY_NAMES.items()], default="")
    price_min = RupiahField("Harga dari")
    price_max = RupiahField("Harga sampai")
    day = DateField("Ada jadwal pada", [Optional()])
    sort = StringField("Urutkan")
    page = StringField("Halaman")

    def __init__(self, asked: Posted, today: date) -> None:
        super().__init__(asked)
        self.today = today

    @property
    def last_day(self) -> date:
        """The last day that can be asked for."""
        return self.today + timedelta(days=MOST_DAYS_AHEAD)

    def validate_q(self, field: LineField) -> None:
        """No search needs more than a line."""
        _check_length(field)

    def validate_expertise(self, field: LineField) -> None:
        """As for the words."""
        _check_length(field)

    def validate_price_max(self, field: RupiahField) -> None:
        """The two ends of the price in their order."""
        least = self.price_min.data
        if least is not None and field.data is not None and field.data < least:
            raise ValidationError(f"Isi paling sedikit {rupiah(least)}, atau kosongkan.")

    def validate_day(self, field: DateField) -> None:
        """From today on, a year at most."""
        if field.data is not None and not self.today <= field.data <= self.last_day:
            raise ValidationError("Pilih hari ini atau sesudahnya, paling jauh satu tahun.")

    def validate_sort(self, field: StringField) -> None:
        """One of the orders there are."""
        if field.data and field.data not in SORT_NAMES:
            raise ValidationError("Urutan itu tidak ada. Mentor diurutkan menurut rating.")

    def validate_page(self, field: StringField) -> None:
        """A number from 1 on."""
        text = field.data or "1"
        if not (text.isascii() and text.isdecimal() and len(text) <= 6 and int(text) >= 1):
            raise ValidationError("Halaman itu tidak ada. Ini halaman pertama.")

    def search(self) -> Search:
        """What is asked, without the fields that are wrong; call after `validate`."""
        asked = {
            name: field.data
            for name, field in self._fields.items()
            if not field.errors and field.data not in ("", None)
        }
        if "page" in asked:
            asked["page"] = int(asked["page"])
        return Search(**asked)


def read_filters(request: AnyRequest, today: date) -> FilterForm:
    """The form as the address fills it, checked; `today` in the viewer's zone."""
    form = FilterForm(Posted(list(request.query_params.multi_items())), today)
    form.validate()
    return form


def _check_length(field: LineField) -> None:
    if field.data and len(field.data) > MOST_CHARACTERS:
        raise ValidationError(f"Paling banyak {MOST_CHARACTERS} karakter.")
