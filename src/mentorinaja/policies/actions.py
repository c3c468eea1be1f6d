"""Changing policies, now or at a time to come, and withdrawing what was planned: rows are added, the old ones stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mentorinaja import clock
from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.formats import when
from mentorinaja.jobs.queue import enqueue
from mentorinaja.notices import actions as notices
from mentorinaja.policies import queries, rules
from mentorinaja.policies.rules import Policy
from mentorinaja.web.viewer import Viewer

# An arbitrary advisory lock number, the same in every process: the app's role may not lock a table it cannot change.
_CHANGING = 7_221_944_019
# The mail to mentors whose fees change, and its version when the change was withdrawn.
FEES, WITHDRAWN = "fees_changed", 1


class WrongPolicy(DomainError):
    """The set does not make sense; `text` says why."""

    status = 422
    title = "Periksa kembali isian Anda"


class NothingChanged(DomainError):
    """The set would be what holds already."""

    title = "Tidak ada yang berubah"


class ChangedMeanwhile(DomainError):
    """Somebody else changed policies since the form was opened, or a change is planned already."""

    title = "Aturannya sudah berubah"


@atomic
async def change(
    tx: Connection,
    /,
    admin: Viewer,
    reason: str,
    *,
    since: datetime | None = None,
    seen: str | None = None,
    **changes: Any,
) -> Policy:
    """Some of `rules.CHANGEABLE` from now on, or from `since` on; answers the new set. Older orders keep what they have.

    Two admins at once change one after the other, so neither undoes what the other changed; whoever says what was
    `seen` (`queries.version`) is told of any change since. While a change is planned there is no other: it would undo
    what is planned, or be undone by it. Mentors are told by mail when what they earn changes.
    Raises `WrongPolicy`, `NothingChanged` or `ChangedMeanwhile`; then nothing was written. `NotThere` for whoever is
    no admin.
    """
    if admin.role != "admin":
        raise NotThere
    await one_at_a_time(tx)
    await _check_alone(tx, seen)
    before = await queries.current(tx)
    after = rules.changed(before, changes)
    _check(before, after, reason, since, await clock.now(tx))
    made = await _write(tx, admin, after, reason.strip(), since)
    told = await queries.mentors(tx) if rules.touches_mentors(before, after) else []
    await _tell(tx, made.id, told)
    await audit.record(
        tx,
        admin,
        "policy.planned" if since else "policy.changed",
        "policy",
        str(made.id),
        reason=reason.strip(),
        detail={"since": made.since.isoformat()}
        | {name: [old, new] for name, old, new in rules.differences(before, after)},
    )
    return made


@atomic
async def withdraw(tx: Connection, admin: Viewer, policy_id: int, reason: str) -> None:
    """A planned change does not come; whoever was told of it is told so.

    Raises `NotThere`, `WrongPolicy`, `ChangedMeanwhile`.
    """
    if admin.role != "admin":
        raise NotThere
    await one_at_a_time(tx)
    if wrong := rules.wrong_reason(reason):
        raise WrongPolicy(wrong)
    planned = await queries.planned(tx)
    if planned is None or planned.id != policy_id:
        raise ChangedMeanwhile("Perubahan ini sudah berlaku atau sudah dibatalkan.")
    await tx.execute(
        "INSERT INTO policy_withdrawals (policy_id, withdrawn_by, reason) VALUES ($1, $2, $3)",
        policy_id,
        admin.id,
        reason.strip(),
    )
    told = await tx.fetch(
        "SELECT DISTINCT user_id FROM outbox WHERE kind = $1 AND about = $2 AND status IN ('sending', 'sent')",
        FEES,
        about(policy_id),
    )
    await _tell(tx, policy_id, [row["user_id"] for row in told], version=WITHDRAWN)
    await audit.record(tx, admin, "policy.withdrawn", "policy", str(policy_id), reason=reason.strip())


def already_planned(planned: Policy) -> str:
    """Why nothing else can be changed while this waits."""
    return f"Sudah ada perubahan yang direncanakan mulai {when(planned.since)}. Batalkan rencana itu dulu, lalu ubah."


def about(policy_id: int) -> str:
    """What mails about a set are about."""
    return f"policy:{policy_id}"


async def one_at_a_time(tx: Connection) -> None:
    """Whoever else changes policies waits until the transaction ends; reading goes on."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _CHANGING)


async def _check_alone(tx: Connection, seen: str | None) -> None:
    if seen is not None and seen != await queries.version(tx):
        raise ChangedMeanwhile(
            "Admin lain mengubah aturan sejak Anda membuka halaman ini. Periksa lagi isian Anda."
        )
    if planned := await queries.planned(tx):
        raise ChangedMeanwhile(already_planned(planned))


def _check(before: Policy, after: Policy, reason: str, since: datetime | None, now: datetime) -> None:
    if wrong := rules.wrong_reason(reason) or (since and rules.wrong_time(since, now)):
        raise WrongPolicy(wrong)
    if found := rules.problems(after):
        raise WrongPolicy(" ".join(f"{name}: {text}" for name, text in found.items()))
    if not rules.differences(before, after):
        raise NothingChanged("Isinya sama dengan aturan yang berlaku sekarang.")


async def _write(
    tx: Connection, admin: Viewer, policy: Policy, reason: str, since: datetime | None
) -> Policy:
    now = await clock.now(tx)
    values = {name: getattr(policy, name) for name in rules.CHANGEABLE}
    values |= {"changed_by": admin.id, "reason": reason, "since": since or now}
    values |= {"planned_at": now if since else None}
    policy_id = await tx.fetchval(
        f"""INSERT INTO policies ({", ".join(values)})
            VALUES ({", ".join(f"${number}" for number in range(1, len(values) + 1))}) RETURNING id""",
        *values.values(),
    )
    made = await queries.change_of(tx, policy_id)
    assert made is not None, "it was just written"
    return made.policy


async def _tell(tx: Connection, policy_id: int, users: list[int], *, version: int = 0) -> None:
    """All of them at once, by the next sweep of mails."""
    if users:
        now = await clock.now(tx)
        await notices.queue_ahead(tx, {FEES: now}, user_ids=users, about=about(policy_id), version=version)
        await enqueue(tx, notices.DUE, at=now)
