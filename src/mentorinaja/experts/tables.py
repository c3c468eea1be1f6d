"""Experts and their services as Piccolo sees them; what lists keep of an expert is written by SQL alone."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Boolean, Integer, Text
from piccolo.table import Table


class Experts(Table, tablename="experts"):
    """Somebody who can be consulted."""

    id = BigSerial(primary_key=True)
    user_id = BigInt()
    slug = Text()
    position_title = Text()
    company = Text()
    years_experience = Integer()
    bio = Text()
    city = Text()
    country = Text()
    display_name = Text()


class ExpertTags(Table, tablename="expert_tags"):
    """What an expert is good at: expertise in general, skills in particular."""

    expert_id = BigInt(primary_key=True)  # with kind and name, which Piccolo cannot say
    kind = Text()
    name = Text()
    place = Integer()


class Educations(Table, tablename="educations"):
    """A degree."""

    id = BigSerial(primary_key=True)
    expert_id = BigInt()
    degree = Text()
    institution = Text()
    year = Integer()
    place = Integer()


class WorkExperiences(Table, tablename="work_experiences"):
    """A position held; without `to_year` it still is."""

    id = BigSerial(primary_key=True)
    expert_id = BigInt()
    title = Text()
    company = Text()
    from_year = Integer()
    to_year = Integer(null=True, default=None)
    description = Text()
    place = Integer()


class Achievements(Table, tablename="achievements"):
    """Something to be proud of."""

    id = BigSerial(primary_key=True)
    expert_id = BigInt()
    title = Text()
    place = Integer()


class Services(Table, tablename="services"):
    """Something an expert sells: a price in whole rupiah, and minutes unless it is an unhurried thread."""

    id = BigSerial(primary_key=True)
    expert_id = BigInt()
    name = Text()
    category = Text()
    duration_minutes = Integer(null=True, default=None)
    price = BigInt()
    description = Text()
    address = Text()
    active = Boolean()
    place = Integer()
