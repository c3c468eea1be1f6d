"""Forms: wtforms with Indonesian sentences, and text that PostgreSQL can store."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from wtforms import Field, Form, StringField, ValidationError, validators

from mentorinaja.web.viewer import AnyRequest

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Control characters have no place in a line of text; line breaks and tabs only in long texts.
_CONTROL_IN_LINE = re.compile("[\x00-\x1f\x7f\u2028\u2029]")

Validator = Callable[[Form, Field], None]
FormType = TypeVar("FormType", bound="BaseForm")


class BaseForm(Form):
    """A form that was typed by a person: every field of text is checked for what cannot be stored."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Run all validators; True when every field is fine. Errors stand in `field.errors`."""
        valid = super().validate(extra_validators)
        for field in self:
            for raw in field.raw_data or ():
                if isinstance(raw, str) and _UNSTORABLE.search(raw):
                    field.errors = [*field.errors, "Ada karakter yang tidak bisa disimpan. Hapus, lalu coba lagi."]
                    field.data = _UNSTORABLE.sub("", field.data) if isinstance(field.data, str) else None
                    valid = False
        return valid


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


def required(sentence: str) -> validators.DataRequired:
    """The field must be filled in; `sentence` says with what."""
    return validators.DataRequired(sentence)


def length(sentence: str, least: int = -1, most: int = -1) -> validators.Length:
    """Number of characters (code points) within bounds."""
    return validators.Length(min=least, max=most, message=sentence)


async def read_form(request: AnyRequest, form: type[FormType]) -> FormType:
    """The form as it was sent; unknown fields are ignored, so nothing can be slipped in."""
    return form(await request.form())
