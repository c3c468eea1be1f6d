"""An expert's own services: all that are there, changed, ordered by hand, switched on and off, put away."""

from __future__ import annotations

from dataclasses import dataclass

from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.experts import actions, rules
from mentorinaja.experts.ordering import Way, moved
from mentorinaja.experts.rules import NewService


class Stale(DomainError):
    """What was on the screen has been changed elsewhere since."""

    title = "Layanan ini baru saja diubah"


@dataclass(frozen=True, slots=True)
class OwnService:
    """A service as its expert sees it; `price` in whole rupiah, without `duration_minutes` it is a thread.

    `ordered`: somebody ever booked it; `coming` counts sessions that are booked and not over, `unpaid` those of
    them that wait to be paid. Every change makes another `version`.
    """

    id: int
    name: str
    category: str
    duration_minutes: int | None
    price: int
    description: str
    address: str
    active: bool
    version: int
    ordered: bool
    coming: int
    unpaid: int

    @property
    def is_thread(self) -> bool:
        """Answered in writing by a time, instead of meeting at one."""
        return self.duration_minutes is None


_OWN = """
    SELECT s.id, s.name, s.category, s.duration_minutes, s.price, s.description, s.address, s.active, s.version,
      EXISTS (SELECT FROM bookings b WHERE b.service_id = s.id) AS ordered,
      (SELECT count(*) FROM bookings b WHERE b.service_id = s.id AND b.status IN ('pending', 'confirmed')) AS coming,
      (SELECT count(*) FROM bookings b JOIN orders o ON o.id = b.order_id
       WHERE b.service_id = s.id AND b.status = 'pending' AND o.pay_deadline > app_now()) AS unpaid
    FROM services s WHERE s.expert_id = $1 AND s.archived_at IS NULL
"""


async def own_services(db: Connection | Database, expert_id: int) -> list[OwnService]:
    """All of an expert's services, on sale or not, in the expert's order."""
    return [OwnService(**row) for row in await db.fetch(f"{_OWN} ORDER BY s.place, s.id", expert_id)]


async def own_service(db: Connection | Database, expert_id: int, service_id: int) -> OwnService | None:
    """One of an expert's services, or None."""
    row = await db.fetchrow(f"{_OWN} AND s.id = $2", expert_id, service_id)
    return OwnService(**row) if row else None


@atomic
async def add(tx: Connection, expert_id: int, service: NewService) -> int:
    """Offer one more service, after those there are; answers its id. Raises ProfileInvalid, ServicesFull."""
    return await actions.add_service(tx, expert_id, service)


@atomic
async def change(
    tx: Connection, expert_id: int, service_id: int, service: NewService, version: int | None = None
) -> None:
    """Write a service anew; what was ordered keeps its name and price.

    Raises ProfileInvalid, NotThere, and Stale when `version` is not what there is (None: whatever there is).
    """
    rules.check_service(service)
    await _hold(tx, expert_id)
    there = await _version(tx, expert_id, service_id)
    if there is None:
        raise NotThere
    if version not in (None, there):
        raise Stale("Layanan ini sudah diubah di tempat lain. Bandingkan dulu, lalu simpan lagi bila perlu.")
    await tx.execute(
        """UPDATE services SET name = $2, category = $3, duration_minutes = $4, price = $5, description = $6,
             address = $7, active = $8, version = version + 1 WHERE id = $1""",
        service_id,
        service.name.strip(),
        service.category,
        service.duration_minutes,
        service.price,
        service.description.strip(),
        service.address.strip(),
        service.active,
    )
    await actions.refresh_listing(tx, expert_id)


@atomic
async def set_active(tx: Connection, expert_id: int, service_id: int, active: bool) -> None:
    """Show a service, or hide it: then it cannot be booked. Bookings that are there stay. Raises NotThere."""
    await _hold(tx, expert_id)
    changed = await tx.execute(
        """UPDATE services SET active = $3, version = version + 1
           WHERE id = $2 AND expert_id = $1 AND archived_at IS NULL AND active <> $3""",
        expert_id,
        service_id,
        active,
    )
    if changed == "UPDATE 1":
        await actions.refresh_listing(tx, expert_id)
    elif await own_service(tx, expert_id, service_id) is None:
        raise NotThere


@atomic
async def move(tx: Connection, expert_id: int, service_id: int, way: Way) -> bool:
    """Change places with the service before or after; False at either end. Raises NotThere."""
    await _hold(tx, expert_id)
    ids = [service.id for service in await own_services(tx, expert_id)]
    if service_id not in ids:
        raise NotThere
    wanted = moved(ids, service_id, way)
    await tx.execute(
        """UPDATE services SET place = n FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (service_id, n)
           WHERE id = service_id AND place <> n""",
        wanted,
    )
    return wanted != ids


@atomic
async def put_away(tx: Connection, expert_id: int, service_id: int) -> None:
    """Take a service off for good: archived when it was ever booked, else deleted. Twice is once."""
    # Whoever books it meanwhile holds a lock on it that keeps it from going.
    found = await tx.fetchval(
        "SELECT true FROM services WHERE id = $2 AND expert_id = $1 FOR UPDATE", expert_id, service_id
    )
    if not found:
        return
    if await tx.fetchval("SELECT EXISTS (SELECT FROM bookings WHERE service_id = $1)", service_id):
        await tx.execute(
            "UPDATE services SET active = false, archived_at = coalesce(archived_at, app_now()) WHERE id = $1",
            service_id,
        )
    else:
        await tx.execute("DELETE FROM services WHERE id = $1", service_id)
    await actions.refresh_listing(tx, expert_id)


async def _hold(tx: Connection, expert_id: int) -> None:
    """One change of an expert's services at a time; bookings go on meanwhile."""
    await tx.execute("SELECT FROM services WHERE expert_id = $1 ORDER BY id FOR NO KEY UPDATE", expert_id)


async def _version(tx: Connection, expert_id: int, service_id: int) -> int | None:
    version: int | None = await tx.fetchval(
        "SELECT version FROM services WHERE id = $2 AND expert_id = $1 AND archived_at IS NULL",
        expert_id,
        service_id,
    )
    return version
