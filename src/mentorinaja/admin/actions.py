"""What the desk writes of its own: lists that were taken along, and lists kept under a name."""

from __future__ import annotations

from mentorinaja.audit import actions as audit
from mentorinaja.db.pool import Connection, Database, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.jobs import waiting
from mentorinaja.typed import UNFIT
from mentorinaja.web.flash import Flash
from mentorinaja.web.viewer import Viewer

LONGEST_NAME = 60
LONGEST_QUERY = 1000
MOST_FILTERS = 30


class JobGone(DomainError):
    """A worker was quicker, or another admin."""

    title = "Pekerjaan ini tidak menunggu lagi"


@atomic
async def note_export(tx: Connection, admin: Viewer, desk: str, chosen: list[str], query: str) -> None:
    """A whole list is taken along: who took which stays in the log."""
    await audit.record(tx, admin, "list.exported", "list", desk, detail={"filters": chosen, "query": query})


@atomic
async def keep_filter(tx: Connection, admin: Viewer, desk: str, label: str, query: str) -> Flash:
    """Keep a narrowed list under a name; the same name again takes the new one. Answers what is said."""
    name = UNFIT.sub("", label).strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        return Flash("bad", f"Beri saringan ini nama, paling panjang {LONGEST_NAME} karakter.")
    if not query or len(query) > LONGEST_QUERY:
        return Flash("bad", "Saring daftarnya dulu, lalu simpan.")
    await tx.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", admin.id)
    others = await tx.fetchval(
        "SELECT count(*) FROM saved_filters WHERE user_id = $1 AND name <> $2", admin.id, name
    )
    if others >= MOST_FILTERS:
        return Flash("bad", f"Anda menyimpan {MOST_FILTERS} saringan. Hapus salah satu dulu.")
    await tx.execute(
        """INSERT INTO saved_filters (user_id, desk, name, query) VALUES ($1, $2, $3, $4)
           ON CONFLICT ON CONSTRAINT saved_filters_name DO UPDATE SET query = excluded.query""",
        admin.id,
        desk,
        name,
        query,
    )
    return Flash("ok", f"Saringan “{name}” disimpan.")


async def drop_filter(db: Database, admin: Viewer, desk: str, filter_id: int) -> None:
    """Forget an own list; one that is not there any more is forgotten already."""
    await db.execute(
        "DELETE FROM saved_filters WHERE id = $1 AND user_id = $2 AND desk = $3", filter_id, admin.id, desk
    )


@atomic
async def retry_job(tx: Connection, admin: Viewer, job_id: int) -> None:
    """A job that failed or waits runs now. Raises `NotThere`, `JobGone`."""
    await _note_job(tx, admin, "job.retried", job_id, await waiting.run_again(tx, job_id))


@atomic
async def discard_job(tx: Connection, admin: Viewer, job_id: int, reason: str) -> None:
    """A job that failed or waits never runs. Raises `NotThere`, `JobGone`."""
    await _note_job(tx, admin, "job.discarded", job_id, await waiting.take_out(tx, job_id), reason)


async def _note_job(
    tx: Connection, admin: Viewer, action: str, job_id: int, name: str | None, reason: str = ""
) -> None:
    if admin.role != "admin":
        raise NotThere
    if name is None:
        raise JobGone("Pekerjaan ini sedang berjalan atau sudah selesai.")
    await audit.record(tx, admin, action, "job", str(job_id), reason=reason, detail={"name": name})
