"""The steps in which something is typed; the first and the third are the portal's own forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import RadioField, SelectField, ValidationError
from wtforms.widgets import TextArea

from mentorinaja.applications.rules import BIO_LEAST, WEEKS
from mentorinaja.experts.names import tag_key, tag_problem, tidy_tag
from mentorinaja.experts.profile_forms import AboutForm
from mentorinaja.experts.rules import MOST_TAGS
from mentorinaja.experts.service_form import ServiceForm
from mentorinaja.formats import ZONE_NAMES
from mentorinaja.schedule.rules import Week
from mentorinaja.web.forms import BaseForm, TextField

_PRESETS = {
    "kantor": "Senin–Jumat, 09.00–17.00",
    "malam": "Malam dan akhir pekan",
    "sendiri": "Atur sendiri",
}


class ApplicantForm(AboutForm):
    """What somebody is and does, said well enough for others to judge."""

    def validate_bio(self, field: TextField) -> None:
        """A few sentences at least."""
        if not field.errors and len(field.data or "") < BIO_LEAST:
            raise ValidationError(
                f"Ceritakan dalam paling sedikit {BIO_LEAST} karakter apa yang bisa Anda bantu."
            )


class TagsField(TextField):
    """Several tags with commas or line ends between them; `tags` are tidy once it was validated."""

    widget = TextArea()
    tags: tuple[str, ...] = ()

    def pre_validate(self, form: Any) -> None:
        """Raises ValidationError for what is no tag, is there twice, or is too much."""
        parts = (self.data or "").replace("\n", ",").replace(";", ",").split(",")
        tags = [tidy for part in parts if (tidy := tidy_tag(part))]
        for tag in tags:
            if problem := tag_problem(tag):
                raise ValidationError(f"“{tag[:40]}”: {problem}")
        if len(tags) > MOST_TAGS:
            raise ValidationError(f"Paling banyak {MOST_TAGS}. Pilih yang paling penting.")
        told: dict[str, str] = {}
        for tag in tags:
            if same := told.get(tag_key(tag)):
                raise ValidationError(f"“{same}” tertulis dua kali.")
            told[tag_key(tag)] = tag
        self.tags = tuple(tags)


class SkillsForm(BaseForm):
    """What somebody knows in general and in particular."""

    expertise = TagsField("Expertise")
    skills = TagsField("Skills")

    def validate_expertise(self, field: TagsField) -> None:
        """People look for mentors by their expertise."""
        if not field.tags and not field.errors:
            raise ValidationError("Tulis paling sedikit satu bidang, misalnya Product Management.")


class HoursForm(BaseForm):
    """When somebody works, to begin with; JADWAL has all of it."""

    week = RadioField("Jam kerja", choices=list(_PRESETS.items()), default="kantor")
    time_zone = SelectField("Zona waktu jadwal", choices=list(ZONE_NAMES.items()))

    def hours(self) -> Week | None:
        """The hours that were chosen, None to keep what there is; the form is valid."""
        return WEEKS[self.week.data]


FORMS: Mapping[str, type[BaseForm]] = {
    "tentang": ApplicantForm,
    "keahlian": SkillsForm,
    "layanan": ServiceForm,
    "jadwal": HoursForm,
}
