"""Changing policies: a new set is written, the old ones stay."""

from __future__ import annotations

from typing import Any

from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.policies import queries, rules
from mentorinaja.policies.rules import Policy
from mentorinaja.web.viewer import Viewer

# An arbitrary advisory lock number, the same in every process: the app's role may not lock a table it cannot change.
_CHANGING = 7_221_944_019


class WrongPolicy(DomainError):
    """The set does not make sense; `text` says why."""

    status = 422
    title = "Periksa kembali isian Anda"


class NothingChanged(DomainError):
    """The set would be what holds already."""

    title = "Tidak ada yang berubah"


@atomic
async def change(tx: Connection, /, admin: Viewer, reason: str, **changes: Any) -> Policy:
    """Some of `rules.CHANGEABLE` from now on; answers the new set. Orders made before keep what they have.

    Two admins at once change one after the other, so neither undoes what the other changed. Raises
    `WrongPolicy` or `NothingChanged`; then nothing was written. `NotThere` for whoever is no admin.
    """
    if admin.role != "admin":
        raise NotThere
    await one_at_a_time(tx)
    before = await queries.current(tx)
    after = rules.changed(before, changes)
    if wrong := rules.wrong_reason(reason):
        raise WrongPolicy(wrong)
    if found := rules.problems(after):
        raise WrongPolicy(" ".join(f"{name}: {text}" for name, text in found.items()))
    if not rules.differences(before, after):
        raise NothingChanged("Isinya sama dengan aturan yang berlaku sekarang.")
    values = {name: getattr(after, name) for name in rules.CHANGEABLE}
    values |= {"changed_by": admin.id, "reason": reason.strip()}
    await tx.execute(
        f"""INSERT INTO policies ({", ".join(values)})
            VALUES ({", ".join(f"${number}" for number in range(1, len(values) + 1))})""",
        *values.values(),
    )
    return await queries.current(tx)


async def one_at_a_time(tx: Connection) -> None:
    """Whoever else changes policies waits until the transaction ends; reading goes on."""
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _CHANGING)
