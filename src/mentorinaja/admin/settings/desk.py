"""Fees and rules on the desk: what holds, what is planned, and who changed what when and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mentorinaja.admin.cases import Case, Decision, Event, Means, Plan, with_reason
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.settings.words import LABELS, said, said_changes
from mentorinaja.admin.words import inside, moment, time
from mentorinaja.formats import when
from mentorinaja.policies import actions, queries, rules
from mentorinaja.policies.queries import Change
from mentorinaja.policies.rules import CHANGEABLE, Policy
from mentorinaja.typed import whole_in

_CHIPS = {"Berlaku": "ok", "Direncanakan": "warn", "Dibatalkan": "bad", "Pernah berlaku": "mute"}
_WAITS = "p.planned_at IS NOT NULL AND p.since > app_now() AND w.policy_id IS NULL"
# As `policies.queries.current` finds it.
_HOLDS = """p.id = (SELECT c.id FROM policies c WHERE (c.planned_at IS NULL OR c.since <= app_now())
              AND NOT EXISTS (SELECT FROM policy_withdrawals cw WHERE cw.policy_id = c.id) ORDER BY c.id DESC LIMIT 1)"""


def _search(words: str) -> Where:
    return Where("p.reason ILIKE {} OR u.full_name ILIKE {}", (inside(words), inside(words)))


def _id(row: Row) -> Cell:
    return Cell(f"Aturan {row['id']}", href=f"/admin/settings/{row['id']}")


def _changes(row: Row) -> str:
    return "; ".join(said_changes(row["before"], row["after"])) if row["before"] else "Awal"


LISTING = Listing(
    fields=f"""p.id, p.since, p.planned_at, p.reason, coalesce(u.full_name, 'Awal') AS by, to_jsonb(p) AS after,
              b.before, CASE WHEN w.policy_id IS NOT NULL THEN 'Dibatalkan' WHEN {_WAITS} THEN 'Direncanakan'
                WHEN {_HOLDS} THEN 'Berlaku' ELSE 'Pernah berlaku' END AS state""",
    source="""policies p LEFT JOIN users u ON u.id = p.changed_by
              LEFT JOIN policy_withdrawals w ON w.policy_id = p.id
              LEFT JOIN LATERAL (SELECT to_jsonb(o) AS before FROM policies o WHERE o.id < p.id
                AND NOT EXISTS (SELECT FROM policy_withdrawals ow WHERE ow.policy_id = o.id)
                ORDER BY o.id DESC LIMIT 1) b ON true""",
    key="p.id",
    at="p.since",
    columns=(
        Column("Aturan", _id),
        Column("Status", lambda row: Cell(row["state"], chip=_CHIPS[row["state"]])),
        Column("Mulai berlaku", lambda row: moment(row["since"])),
        Column("Yang berubah", lambda row: Cell(_changes(row))),
        Column("Oleh", lambda row: Cell(row["by"], note=row["reason"])),
    ),
    exports=(
        ("id", lambda row: row["id"]),
        ("status", lambda row: row["state"]),
        ("mulai_berlaku", lambda row: row["since"]),
        ("dibuat", lambda row: row["planned_at"] or row["since"]),
        ("oleh", lambda row: row["by"]),
        ("alasan", lambda row: row["reason"]),
        ("perubahan", _changes),
    ),
    search=_search,
    search_hint="Alasan, atau nama admin",
    filters=(
        Filter(
            "state",
            "Status",
            (
                Choice("planned", "Direncanakan", Where(_WAITS)),
                Choice("withdrawn", "Dibatalkan", Where("w.policy_id IS NOT NULL")),
                Choice("held", "Berlaku, atau pernah", Where(f"w.policy_id IS NULL AND NOT ({_WAITS})")),
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """What withdrawing a change rests on: the change, and whether it still waits for its day."""

    change: Change
    waits: bool


async def load(means: Means, policy_id: str) -> Case[PolicyCase] | None:
    """A set with what it changed."""
    change = await queries.change_of(means.db, whole_in(policy_id) or 0)
    if change is None:
        return None
    one = change.policy
    current, planned = await queries.current(means.db), await queries.planned(means.db)
    waits = planned is not None and planned.id == one.id
    state = _state(change, is_current=current.id == one.id, waits=waits)
    return Case(
        subject=str(one.id),
        title=f"Aturan {one.id}",
        version=state,
        data=PolicyCase(change, waits),
        chips=(Cell(state, chip=_CHIPS[state]),),
        facts=(
            ("Mulai berlaku", time(one.since)),
            ("Alasan", Cell(one.reason)),
            *(
                (LABELS[name], Cell(said(name, getattr(one, name)), note=_was(change, name)))
                for name in CHANGEABLE
            ),
        ),
        events=_events(change, means),
    )


def _state(change: Change, *, is_current: bool, waits: bool) -> str:
    if change.withdrawn:
        return "Dibatalkan"
    if waits:
        return "Direncanakan"
    return "Berlaku" if is_current else "Pernah berlaku"


def _was(change: Change, name: str) -> str:
    """What it was before, where that is not the same."""
    if change.before is None or getattr(change.before, name) == getattr(change.policy, name):
        return ""
    return f"sebelumnya {said(name, getattr(change.before, name))}"


def _events(change: Change, means: Means) -> tuple[Event, ...]:
    one, by = change.policy, change.by or "Awal"
    if one.planned_at is None:
        return (Event(one.since, "Mulai berlaku", by, one.reason),)
    events = [Event(one.planned_at, f"Direncanakan mulai {when(one.since)}", by, one.reason)]
    if gone := change.withdrawn:
        events.append(Event(gone.at, "Rencana dibatalkan", gone.by, gone.reason, kind="bad"))
    elif one.since <= means.now:
        events.append(Event(one.since, "Mulai berlaku"))
    return tuple(events)


def _plan_withdraw(one: PolicyCase) -> Plan:
    change = one.change
    tells = "Tidak ada yang diberi tahu: yang dibayar mentor tidak berubah."
    if change.before and rules.touches_mentors(change.before, change.policy):
        tells = "Mentor yang sudah menerima kabar perubahan ini diberi tahu lewat email bahwa tidak jadi."
    return Plan(
        happens=("Aturan yang sekarang tetap berlaku. Rencana ini tetap tercatat sebagai dibatalkan.",),
        tells=(tells,),
        undo="Rencanakan perubahan yang sama lagi.",
    )


async def _above(means: Means) -> Mapping[str, Any]:
    current = await queries.current(means.db)
    return {
        "current": current,
        "planned": await queries.planned(means.db),
        "told": _told(current),
    }


def _told(policy: Policy) -> list[tuple[str, str]]:
    return [(LABELS[name], said(name, getattr(policy, name))) for name in CHANGEABLE]


DESK = Desk(
    name="settings",
    title="Biaya dan aturan",
    word="aturan",
    kind="policy",
    about="Perubahan berlaku untuk order baru; order yang sudah ada memakai aturan saat dibuat.",
    listing=LISTING,
    load=load,
    decisions=(
        Decision(
            "withdraw",
            "Batalkan rencana",
            lambda one: one.waits,
            _plan_withdraw,
            with_reason(
                actions.withdraw, lambda one: one.change.policy.id, lambda _: "Rencana perubahan dibatalkan."
            ),
            bad=True,
            sensitive=True,
        ),
    ),
    above="partials/admin/settings/above.html",
    above_context=_above,
)
