"""Forms: wtforms with Indonesian sentences, and text that can be stored and shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from wtforms import Field, Form, IntegerField, StringField, ValidationError, validators
from wtforms.meta import DefaultMeta
from wtforms.widgets import TextInput

from mentorinaja.typed import UNFIT, has_unseen, rupiah_in
from mentorinaja.web.bodies import posted
from mentorinaja.web.viewer import AnyRequest

# Control characters have no place in a line of text; line breaks and tabs only in long texts.
_CONTROL_IN_LINE = re.compile("[\x00-\x1f\x7f\u2028\u2029]")

_INDONESIAN = {
    "Not a valid choice.": "Pilih salah satu yang tersedia.",
    "Invalid Choice: could not coerce.": "Pilih salah satu yang tersedia.",
    "Not a valid integer value.": "Tulis angka bulat.",
    "Not a valid date value.": "Tulis tanggal yang benar.",
    "Not a valid time value.": "Tulis jam yang benar.",
    "This field is required.": "Isian ini wajib diisi.",
}

Validator = Callable[[Form, Field], None]
FormType = TypeVar("FormType", bound="BaseForm")


class BaseForm(Form):
    """A form that was typed by a person: every field of text is checked for what has no place in any text."""

    class Meta(DefaultMeta):
        """Sentences of wtforms itself, in Indonesian."""

        def get_translations(self, form: Any) -> Any:
            """Where fields look up their standing sentences."""
            return _Sentences()

    def validate(self, extra_validators: Any = None) -> bool:
        """Run all validators; True when every field is fine. Errors stand in `field.errors`.

        What has no place in a text is taken out before any other check sees it, and told.
        """
        unfit = [field for field in self if _clean(field)]
        valid = super().validate(extra_validators)
        for field in unfit:
            field.errors = [*field.errors, "Ada karakter yang tidak bisa disimpan. Periksa, lalu kirim lagi."]
        return valid and not unfit


class LineField(StringField):
    """One line of text, spaces at both ends taken away; line breaks inside are an error."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the first value."""
        first = valuelist[0] if valuelist else ""
        self.data = first.strip() if isinstance(first, str) else ""

    def pre_validate(self, form: Any) -> None:
        """Raises ValidationError for control characters."""
        if self.data and _CONTROL_IN_LINE.search(self.data):
            raise ValidationError("Tulis dalam satu baris, tanpa karakter khusus.")


class TextField(StringField):
    """Several lines of text: line ends made equal, spaces at both ends taken away."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the first value."""
        first = valuelist[0] if valuelist else ""
        self.data = first.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(first, str) else ""


class RupiahField(IntegerField):
    """Whole rupiah written as people write them (`150000`, `150.000`, `Rp 150.000`), None for nothing; kept as typed."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the first value. Raises ValueError, which becomes the field's error."""
        first = valuelist[0] if valuelist else ""
        text = first.strip() if isinstance(first, str) else ""
        self.data = rupiah_in(text)
        if text and self.data is None:
            raise ValueError("Tulis dengan angka, dalam rupiah bulat: 150000 atau 150.000.")


def between(least: int, most: int, sentence: str) -> Validator:
    """A number that was understood is within bounds; one that was not has its error already."""

    def check(_form: Form, field: Field) -> None:
        if field.data is not None and not least <= field.data <= most:
            raise ValidationError(sentence)

    return check


def typed(sentence: str) -> validators.InputRequired:
    """Something must be typed, whatever is made of it; `sentence` says what."""
    return validators.InputRequired(sentence)


def required(sentence: str) -> validators.DataRequired:
    """The field must be filled in; `sentence` says with what."""
    return validators.DataRequired(sentence)


def seen(_form: Form, field: Field) -> None:
    """No marks that hide, or turn the text around: for what stands in a line with words of ours."""
    if field.data and has_unseen(field.data):
        raise ValidationError("Ada karakter yang tidak terlihat. Tulis ulang tanpa menyalin.")


def length(sentence: str, least: int = -1, most: int = -1) -> validators.Length:
    """Number of characters (code points) within bounds."""
    return validators.Length(min=least, max=most, message=sentence)


async def read_form(request: AnyRequest, form: type[FormType]) -> FormType:
    """The form as it was sent; unknown fields are ignored, so nothing can be slipped in."""
    return form(await posted(request))


class _Sentences:
    """Stands where wtforms expects gettext."""

    def gettext(self, text: str) -> str:
        """The Indonesian sentence, or one that is always true."""
        return _INDONESIAN.get(text, "Periksa isian ini.")

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """As `gettext`; Indonesian has no plural forms."""
        return self.gettext(singular)


def _clean(field: Field) -> bool:
    """Take what has no place in a text out of a field; whether there was any."""
    if not any(isinstance(raw, str) and UNFIT.search(raw) for raw in field.raw_data or ()):
        return False
    if isinstance(field.data, str):
        field.data = UNFIT.sub("", field.data)
    elif isinstance(field.data, list):
        field.data = [UNFIT.sub("", value) for value in field.data if isinstance(value, str)]
    else:
        field.data = None
    return True
