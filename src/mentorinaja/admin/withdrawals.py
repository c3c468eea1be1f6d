"""Withdrawals on the desk: what mentors asked for, and what was decided on it."""

from __future__ import annotations

from mentorinaja.admin.cases import Case, Decision, Event, Means, PlainForm, Plan, ReasonForm
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.words import money, person, time
from mentorinaja.formats import day
from mentorinaja.ledger import queries as ledger
from mentorinaja.withdrawals import actions, queries
from mentorinaja.withdrawals.queries import Withdrawal
from mentorinaja.withdrawals.rules import WORDS

_CHIPS = {
    "requested": "warn",
    "checked": "warn",
    "processing": "plain",
    "paid": "ok",
    "rejected": "bad",
    "failed": "bad",
}


def _search(words: str) -> Where:
    return Where("w.public_id = upper({}) OR u.full_name ILIKE '%' || {} || '%'", (words, words))


def _state(row: Row) -> Cell:
    return Cell(WORDS[row["state"]], chip=_CHIPS[row["state"]])


LISTING = Listing(
    fields="""w.public_id, w.state, w.amount, w.bank_name, w.account_tail, w.account_holder, w.expert_id,
              e.user_id, u.full_name, w.asked_at""",
    source="""withdrawals w JOIN experts e ON e.id = w.expert_id JOIN users u ON u.id = e.user_id""",
    key="w.id",
    at="w.asked_at",
    columns=(
        Column(
            "Penarikan", lambda row: Cell(row["public_id"], href=f"/admin/withdrawals/{row['public_id']}")
        ),
        Column("Status", _state),
        Column("Mentor", lambda row: person(row["full_name"], row["account_holder"], row["user_id"])),
        Column("Rekening", lambda row: Cell(row["bank_name"], note=f"•••• {row['account_tail']}")),
        Column("Diajukan", lambda row: time(row["asked_at"])),
        Column("Jumlah", lambda row: money(row["amount"]), number=True),
    ),
    exports=(
        ("id", lambda row: row["public_id"]),
        ("status", lambda row: row["state"]),
        ("mentor", lambda row: row["full_name"]),
        ("bank", lambda row: row["bank_name"]),
        ("diajukan", lambda row: row["asked_at"]),
        ("jumlah", lambda row: row["amount"]),
    ),
    search=_search,
    search_hint="Id penarikan atau nama mentor",
    filters=(
        Filter(
            "state",
            "Status",
            tuple(Choice(state, words, Where("w.state = {}", (state,))) for state, words in WORDS.items()),
        ),
    ),
    amount="w.amount",
)


async def load(means: Means, public_id: str) -> Case | None:
    """A withdrawal with its steps, and what its expert has."""
    found = await queries.withdrawal_by_id(means.db, public_id)
    if found is None:
        return None
    earned = await ledger.earnings(means.db, found.expert_id)
    return Case(
        subject=found.public_id,
        title=found.public_id,
        version=f"{found.state}:{len(found.steps)}",
        data=found,
        chips=(Cell(found.words, chip=_CHIPS[found.state]),),
        facts=(
            ("Jumlah", money(found.amount)),
            ("Mentor", person(found.expert_name, "", found.expert_user_id)),
            ("Rekening", Cell(f"{found.bank_name} {found.account}", note=found.account_holder)),
            ("Paling lambat", Cell(day(found.due))),
            ("Saldo tersedia", money(earned.available)),
            ("Total pendapatan", money(earned.total)),
        ),
        events=tuple(Event(step.at, step.words, note=step.note) for step in found.steps),
    )


def _of(case: Case) -> Withdrawal:
    assert isinstance(case.data, Withdrawal), "load made it"
    return case.data


async def _plan_approve(_means: Means, case: Case) -> Plan:
    one = _of(case)
    return Plan(
        happens=("Penarikan masuk ke berkas untuk bank.",),
        money=((f"Ke {one.bank_name} {one.account}", one.amount),),
        tells=(f"{one.expert_name} diberi tahu lewat email.",),
        undo="Jika transfer gagal, uangnya kembali ke saldo mentor.",
    )


async def _approve(means: Means, case: Case, _form: PlainForm) -> str:
    await actions.approve(means.db, means.admin, case.subject)
    return f"{case.subject} disetujui."


async def _plan_reject(_means: Means, case: Case) -> Plan:
    one = _of(case)
    return Plan(
        happens=("Penarikan tidak dibayarkan; uangnya kembali ke saldo mentor.",),
        money=(("Kembali ke saldo tersedia", one.amount),),
        tells=(f"{one.expert_name} membaca alasan Anda di email.",),
        undo="Mentor dapat mengajukan lagi.",
    )


async def _reject(means: Means, case: Case, form: ReasonForm) -> str:
    await actions.reject(means.db, means.admin, case.subject, form.reason.data or "")
    return f"{case.subject} ditolak."


DESK = Desk(
    name="withdrawals",
    title="Penarikan",
    word="penarikan",
    kind="withdrawal",
    about="Permintaan mentor atas penghasilannya.",
    listing=LISTING,
    load=load,
    decisions=(
        Decision(
            "approve",
            "Setujui",
            lambda case: _of(case).state == "requested",
            _plan_approve,
            _approve,
            form=PlainForm,
            sensitive=True,
        ),
        Decision(
            "reject",
            "Tolak",
            lambda case: _of(case).state == "requested",
            _plan_reject,
            _reject,
            bad=True,
        ),
    ),
)
