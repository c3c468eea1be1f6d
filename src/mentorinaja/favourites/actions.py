"""Keeping experts, and wishing to be told of a slot: a wish is told once, or withdrawn, and then it is over."""

from __future__ import annotations

from mentorinaja import clock
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import NotThere
from mentorinaja.experts.rules import slot_is_far
from mentorinaja.favourites import queries
from mentorinaja.favourites.rules import MOST_KEPT, MOST_WISHES, Full, NothingToWait, SlotThere
from mentorinaja.notices import actions as notices

# The mail that tells of a slot.
OPENED = "slot_open"


@atomic
async def keep(tx: Connection, user_id: int, slug: str) -> None:
    """Keep the expert at this address; doing so twice is once. Raises `NotThere`, `Full`."""
    expert = await _expert(tx, slug)
    await _one_at_a_time(tx, user_id)
    kept: int = await tx.fetchval(
        "SELECT count(*) FROM favourites WHERE user_id = $1 AND expert_id <> $2", user_id, expert.id
    )
    if kept >= MOST_KEPT:
        raise Full(
            f"Anda sudah menyimpan {MOST_KEPT} mentor. Hapus salah satunya dulu.",
            [("Buka Favorit", "/user/favorites")],
        )
    await tx.execute(
        "INSERT INTO favourites (user_id, expert_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        user_id,
        expert.id,
    )


@atomic
async def let_go(tx: Connection, user_id: int, slug: str) -> None:
    """Keep the expert no longer, also one who is not shown any more; fine when it was not kept. Raises `NotThere`."""
    expert_id = await queries.id_at(tx, slug)
    if expert_id is None:
        raise NotThere
    await tx.execute("DELETE FROM favourites WHERE user_id = $1 AND expert_id = $2", user_id, expert_id)


@atomic
async def wish(tx: Connection, user_id: int, slug: str) -> None:
    """Be told once when the expert has a slot, or one that is sooner than a far one; twice is once.

    Raises `NotThere`, `SlotThere`, `NothingToWait`, `Full`.
    """
    expert = await _expert(tx, slug)
    if expert.user_id == user_id:
        raise NothingToWait("Ini profil Anda sendiri.", [("Atur jadwal Anda", "/expert/dashboard/jadwal")])
    if expert.writes_only:
        raise NothingToWait(
            f"{expert.display_name} menjawab tertulis, jadi tidak perlu jadwal kosong.",
            [("Lihat layanannya", f"/expert/{expert.slug}#layanan")],
        )
    if expert.open and (expert.ready or not slot_is_far(expert.slot, await clock.now(tx))):
        raise SlotThere(
            f"{expert.display_name} punya jadwal kosong dalam waktu dekat. Anda bisa langsung memesan.",
            [("Pilih jadwal", f"/expert/{expert.slug}#layanan")],
        )
    await _one_at_a_time(tx, user_id)
    await _lapse(tx, user_id)
    waiting: int = await tx.fetchval(
        "SELECT count(*) FROM slot_wishes WHERE user_id = $1 AND state = 'open' AND expert_id <> $2",
        user_id,
        expert.id,
    )
    if waiting >= MOST_WISHES:
        raise Full(
            f"Anda sudah menunggu kabar dari {MOST_WISHES} mentor. Batalkan salah satunya dulu.",
            [("Buka Favorit", "/user/favorites")],
        )
    await tx.execute(
        """INSERT INTO slot_wishes (user_id, expert_id, sooner_than) VALUES ($1, $2, $3)
           ON CONFLICT (user_id, expert_id) WHERE state = 'open' DO NOTHING""",
        user_id,
        expert.id,
        expert.slot if expert.open else None,
    )
    # Whoever asks for such a mail wants it, whatever was switched off before.
    await notices.want(tx, user_id, OPENED, on=True)


@atomic
async def withdraw(tx: Connection, user_id: int, slug: str) -> None:
    """Wait no longer; fine when nothing was waited for. Raises `NotThere`."""
    expert_id = await queries.id_at(tx, slug)
    if expert_id is None:
        raise NotThere
    await tx.execute(
        """UPDATE slot_wishes SET state = 'withdrawn', ended_at = app_now()
           WHERE user_id = $1 AND expert_id = $2 AND state = 'open'""",
        user_id,
        expert_id,
    )


async def lapse(db: Database) -> None:
    """Write down which wishes for something sooner are over: the slot there was has come."""
    await _lapse(db, None)


@atomic
async def tell(tx: Connection, wish_id: int) -> bool:
    """The slot is there: the wish is over and its mail written. False when it was over already."""
    row = await tx.fetchrow(
        """UPDATE slot_wishes w SET state = 'told', ended_at = app_now(), tellings = tellings + 1
           WHERE id = $1 AND state = 'open' AND wished_slot(w) IS NOT NULL RETURNING user_id, tellings""",
        wish_id,
    )
    if row is None:
        return False
    await notices.queue(tx, OPENED, user_id=row["user_id"], about=f"wish-{wish_id}", version=row["tellings"])
    return True


async def wait_on(db: Database, wish_id: int, telling: int) -> None:
    """The slot was taken again before that mail could be sent: the wish is open as before.

    Unless somebody wished anew meanwhile: one wish is enough.
    """
    await db.execute(
        """UPDATE slot_wishes w SET state = 'open', ended_at = NULL
           WHERE id = $1 AND state = 'told' AND tellings = $2 AND NOT EXISTS (
             SELECT FROM slot_wishes o
             WHERE o.user_id = w.user_id AND o.expert_id = w.expert_id AND o.state = 'open')""",
        wish_id,
        telling,
    )


async def _expert(tx: Connection, slug: str) -> queries.Shown:
    expert = await queries.expert_at(tx, slug)
    if expert is None:
        raise NotThere
    return expert


async def _one_at_a_time(tx: Connection, user_id: int) -> None:
    """The limits hold for somebody with two tabs, too."""
    await tx.execute("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE", user_id)


async def _lapse(db: Connection | Database, user_id: int | None) -> None:
    await db.execute(
        """UPDATE slot_wishes SET state = 'lapsed', ended_at = app_now()
           WHERE state = 'open' AND sooner_than <= app_now() AND ($1::bigint IS NULL OR user_id = $1)""",
        user_id,
    )
