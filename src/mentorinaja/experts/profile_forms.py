"""What experts tell of themselves, section by section; the first of them is also the first step of becoming one."""

from __future__ import annotations

from typing import Any

from wtforms import IntegerField, ValidationError
from wtforms.validators import Optional
from wtforms.widgets import TextArea, TextInput

from mentorinaja.experts.details import Achievement, Person
from mentorinaja.experts.names import slug_from, tag_problem, tidy_tag
from mentorinaja.experts.rules import Education, Profile, ProfileInvalid, Work, check_slug
from mentorinaja.web.bodies import Posted
from mentorinaja.web.forms import BaseForm, LineField, TextField, length, required, seen


class NumberField(IntegerField):
    """A whole number of at most four digits, or None for nothing."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the first value. Raises ValueError, which becomes the field's error."""
        text = valuelist[0].strip() if valuelist and isinstance(valuelist[0], str) else ""
        self.data = None
        if text and not (text.isascii() and text.isdecimal() and len(text) <= 4):
            raise ValueError("Tulis dengan angka saja.")
        self.data = int(text) if text else None


class SlugField(LineField):
    """The last part of a page's address; a whole address that was pasted is cut, large letters are made small."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the first value."""
        super().process_formdata(valuelist)
        self.data = self.plain(self.data or "")

    @staticmethod
    def plain(typed: str) -> str:
        """What of it can be an address; what cannot stays, to be told."""
        last = typed.strip().rstrip("/").rpartition("/")[2]
        return "".join(letter.lower() if letter.isascii() else letter for letter in last)


def _line(label: str, empty: str = "", most: int = 80, least: int = 0) -> LineField:
    """One line of a profile; `empty` is what is said when it is missing, else it may be."""
    bounds = f"Tulis {least} sampai {most} karakter." if least > 1 else f"Paling banyak {most} karakter."
    first = required(empty) if empty else Optional()
    return LineField(label, [first, length(bounds, least=least or -1, most=most), seen])


class AboutForm(BaseForm):
    """What an expert is and does, and where the page is; also the first step of becoming one."""

    position_title = _line("Peran/Posisi", "Tulis peran Anda, misalnya Senior Product Manager.", least=2)
    company = _line("Perusahaan")
    years_experience = NumberField("Pengalaman (tahun)")
    bio = TextField(
        "Bio/Deskripsi", [length("Bio paling banyak 5.000 karakter.", most=5000), seen], widget=TextArea()
    )
    city = _line("Kota")
    country = _line("Negara", "Tulis negara tempat Anda tinggal.", least=2)
    slug = SlugField("Slug URL", [required("Tulis alamat halaman Anda.")])

    def validate_years_experience(self, field: NumberField) -> None:
        """As far as a working life goes."""
        if not field.errors and (field.data is None or field.data > 70):
            raise ValidationError("Tulis 0 sampai 70 tahun.")

    def validate_slug(self, field: SlugField) -> None:
        """What an address may be made of; whether it is free is asked later."""
        try:
            check_slug(field.data or "")
        except ProfileInvalid as problem:
            hint = slug_from(field.data or "")
            more = f" Misalnya “{hint}”." if len(hint) >= 3 and hint != field.data else ""
            raise ValidationError(problem.text + more) from problem

    def told(self) -> Profile:
        """The profile as far as this form has it; the form is valid."""
        return Profile(
            slug=self.slug.data or "",
            position_title=self.position_title.data or "",
            company=self.company.data or "",
            years_experience=self.years_experience.data or 0,
            bio=self.bio.data or "",
            city=self.city.data or "",
            country=self.country.data or "",
        )


class ProfileForm(AboutForm):
    """The personal information of somebody who is an expert; `version` is what the edit was begun with."""

    full_name = _line("Nama Lengkap", "Tulis nama Anda.", most=120)
    version = LineField()

    def validate_bio(self, field: TextField) -> None:
        """Nobody books a mentor who says nothing."""
        if not field.data:
            raise ValidationError("Ceritakan dalam beberapa kalimat apa yang bisa Anda bantu.")

    def person(self) -> Person:
        """What was typed; the form is valid."""
        told = self.told()
        return Person(
            full_name=self.full_name.data or "",
            position_title=told.position_title,
            company=told.company,
            years_experience=told.years_experience,
            bio=told.bio,
            city=told.city,
            country=told.country,
            slug=told.slug,
        )


class TagForm(BaseForm):
    """One more expertise or skill; `name.data` is tidy once it was validated."""

    name = LineField("Tambah", [required("Tulis satu keahlian.")])

    def validate_name(self, field: LineField) -> None:
        """What a tag may be made of."""
        field.data = tidy_tag(field.data or "")
        if problem := tag_problem(field.data):
            raise ValidationError(problem)


class EntryForm(BaseForm):
    """A row of one of the profile's lists; `version` is what its edit was begun with, empty for a new one."""

    version = LineField()

    def __init__(self, sent: Posted | None = None, *, this_year: int, told: Any = None) -> None:
        """The form as it was sent, else with what the row tells."""
        super().__init__(sent, obj=told)
        self.this_year = this_year
        # Forms of several lists may stand on one page, with fields of the same name.
        for field in self:
            field.id = field.label.field_id = f"{type(self).__name__.lower()}-{field.name}"

    def told(self) -> Any:
        """The row; the form is valid."""
        raise NotImplementedError

    def check_year(self, field: NumberField, ahead: int = 0) -> None:
        """A year of a life, at most so many ahead. Raises ValidationError."""
        last = self.this_year + ahead
        if not field.errors and (field.data is None or not 1940 <= field.data <= last):
            raise ValidationError(f"Tulis tahun antara 1940 dan {last}.")


class EducationForm(EntryForm):
    """A degree."""

    degree = _line("Gelar", "Tulis gelar atau jurusannya.", most=120)
    institution = _line("Institusi", "Tulis nama kampus atau lembaganya.", most=120)
    year = NumberField("Tahun lulus")

    def validate_year(self, field: NumberField) -> None:
        """Who is still studying may say when it will be over."""
        self.check_year(field, ahead=8)

    def told(self) -> Education:
        """The degree; the form is valid."""
        return Education(self.degree.data or "", self.institution.data or "", self.year.data or 0)


class WorkForm(EntryForm):
    """A position; without `to_year` it still is."""

    title = _line("Jabatan", "Tulis jabatannya.", most=120)
    company = _line("Perusahaan", "Tulis nama perusahaannya.", most=120)
    from_year = NumberField("Dari tahun")
    to_year = NumberField("Sampai tahun")
    description = TextField(
        "Deskripsi",
        [Optional(), length("Paling banyak 1.000 karakter.", most=1000), seen],
        widget=TextArea(),
    )

    def validate_from_year(self, field: NumberField) -> None:
        """Up to now."""
        self.check_year(field)

    def validate_to_year(self, field: NumberField) -> None:
        """Not before the beginning; nothing means to this day."""
        if field.data is None:
            return
        self.check_year(field)
        if self.from_year.data is not None and field.data < self.from_year.data:
            raise ValidationError("Tahun selesai tidak boleh sebelum tahun mulai.")

    def told(self) -> Work:
        """The position; the form is valid."""
        return Work(
            title=self.title.data or "",
            company=self.company.data or "",
            from_year=self.from_year.data or 0,
            to_year=self.to_year.data,
            description=self.description.data or "",
        )


class AchievementForm(EntryForm):
    """Something to be proud of."""

    title = _line("Pencapaian", "Tulis pencapaiannya.", most=200)

    def told(self) -> Achievement:
        """The achievement; the form is valid."""
        return Achievement(self.title.data or "")
