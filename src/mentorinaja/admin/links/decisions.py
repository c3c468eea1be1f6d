"""What an admin can decide about a meeting link: withdrawn, brought back, dated."""

from __future__ import annotations

from dataclasses import replace

from wtforms import DateField
from wtforms.validators import Optional

from mentorinaja.admin.cases import Decision, Means, Plan
from mentorinaja.admin.forms import ReasonForm
from mentorinaja.admin.links.case import LinkCase
from mentorinaja.formats import day, when
from mentorinaja.payments import actions, link_queries
from mentorinaja.payments.link_queries import Link, LinkUse
from mentorinaja.payments.link_rules import STATES, end_of, last_day
from mentorinaja.web.forms import BaseForm


class ExpiryForm(BaseForm):
    """The last day of a link."""

    day = DateField("Berlaku sampai akhir tanggal", [Optional()])


def _id(one: LinkCase) -> int:
    return one.link.id


def _held(one: LinkCase) -> list[LinkUse]:
    """The sessions to come that have it and are paid."""
    return [use for use in one.link.held if use.status == "confirmed"]


def _named(use: LinkUse) -> str:
    return f"{use.public_id}, {when(use.starts_at)} ({use.payer_name} dengan {use.expert_name})"


async def _with_stock(means: Means, one: LinkCase) -> LinkCase:
    stock = await link_queries.link_stock(means.db)
    others = stock.left - (1 if one.link.state == "reusable" else 0)
    return replace(one, others=others, waiting=stock.waiting)


def _plan_retire(one: LinkCase) -> Plan:
    link, held = one.link, _held(one)
    if not held:
        return Plan(
            happens=("Tautan ini tidak diberikan kepada siapa pun lagi.",),
            undo=_back(link),
        )
    instead = (
        "mendapat tautan lain sekarang"
        if one.others >= len(held)
        else f"mendapat tautan lain bila cukup (sisa {one.others}); yang lain menunggu sampai ada"
    )
    return Plan(
        happens=(
            "Tautan ini tidak diberikan kepada siapa pun lagi.",
            *(f"{_named(use)}: {instead}." for use in held),
        ),
        tells=("Pengguna dan mentor tiap sesi diberi tahu lewat email, dengan tautan barunya.",),
        undo=_back(link),
    )


def _back(link: Link) -> str:
    if link.spent_at:
        return "Dapat dikembalikan, tetapi tidak akan diberikan lagi: tautan ini sudah diketahui sebuah sesi."
    return "Dapat dikembalikan ke persediaan kapan saja."


async def _retire(means: Means, one: LinkCase, form: ReasonForm) -> str:
    done = await actions.retire_link(means.db, means.admin, _id(one), form.why)
    said = ["Tautan ditarik."]
    if done.replaced:
        said.append(f"Mendapat tautan lain: {', '.join(done.replaced)}.")
    if done.waiting:
        said.append(f"Menunggu tautan: {', '.join(done.waiting)}. Tambahkan tautan baru.")
    return " ".join(said)


def _plan_restore(one: LinkCase) -> Plan:
    again = (
        "Tautan ini tercatat terpakai lagi; tidak diberikan kepada sesi lain."
        if one.link.spent_at
        else "Tautan ini kembali ke persediaan dan dapat diberikan."
    )
    told = "Sesi yang menunggu tautan mendapatkannya lewat email."
    waits = one.waiting and not one.link.spent_at
    return Plan(happens=(again,), tells=(told,) if waits else (), undo="Dapat ditarik lagi.")


async def _restore(means: Means, one: LinkCase, form: ReasonForm) -> str:
    state = await actions.restore_link(means.db, means.admin, _id(one), form.why)
    return f"Tautan dikembalikan: {STATES[state].lower()}."


def _plan_expiry(one: LinkCase) -> Plan:
    return Plan(
        happens=(
            "Tautan hanya diberikan kepada sesi yang selesai sebelum tanggal itu lewat.",
            *(
                f"{_named(use)}: bila selesai sesudahnya, mendapat tautan lain begitu ada."
                for use in _held(one)
            ),
        ),
        tells=("Yang tautannya berganti diberi tahu lewat email.",) if one.link.held else (),
        undo="Dapat diubah lagi.",
    )


async def _set_expiry(means: Means, one: LinkCase, form: ExpiryForm) -> str:
    late = await actions.set_link_expiry(means.db, means.admin, _id(one), end_of(form.day.data))
    until = f"Berlaku sampai {day(form.day.data)}." if form.day.data else "Berlaku tanpa batas."
    return f"{until} {late} sesi mendapat tautan lain." if late else until


DECISIONS: tuple[Decision[LinkCase], ...] = (
    Decision(
        "retire",
        "Tarik tautan",
        lambda one: one.link.retired_at is None,
        _plan_retire,
        _retire,
        look=_with_stock,
        bad=True,
    ),
    Decision(
        "restore",
        "Kembalikan ke persediaan",
        lambda one: one.link.retired_at is not None,
        _plan_restore,
        _restore,
        look=_with_stock,
    ),
    Decision(
        "expiry",
        "Atur masa berlaku",
        lambda one: one.link.retired_at is None,
        _plan_expiry,
        _set_expiry,
        form=ExpiryForm,
        hints={"day": "Kosongkan bila tanpa batas."},
        start=lambda one: {"day": last_day(one.link.expires_at)},
    ),
)
