"""Jobs on the desk: what the workers still have to do, what is late, and what failed."""

from __future__ import annotations

from mentorinaja.admin import actions
from mentorinaja.admin.cases import Case, Decision, Event, Means, Part, Plan, at_once, with_reason
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.forms import PlainForm
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Row, Where
from mentorinaja.admin.upkeep.words import JOBS, job_of
from mentorinaja.admin.words import inside, moment, time
from mentorinaja.jobs.waiting import LATE, Held, job_by_id
from mentorinaja.typed import whole_in

_STATES = {
    "queued": ("Menunggu", "plain"),
    "picked": ("Berjalan", "warn"),
    "failed": ("Gagal", "bad"),
    "successful": ("Selesai", "ok"),
    "deleted": ("Dibuang", "mute"),
}


def _state(status: str, is_late: bool) -> Cell:
    words, chip = _STATES.get(status, (status, "mute"))
    return Cell(f"{words}, terlambat", chip="bad") if is_late else Cell(words, chip=chip)


def _problem(row: Row) -> Cell:
    return Cell(row["problem"] or "")


def _search(words: str) -> Where:
    """By the words that the list shows, or by the job's own name."""
    called = [name for name, said in JOBS.items() if words.lower() in said.lower()]
    return Where("q.entrypoint ILIKE {} OR q.entrypoint = ANY ({}::text[])", (inside(words), called))


LISTING = Listing(
    fields=f"""q.id, q.entrypoint AS name, q.status::text AS status, q.attempts, q.created, q.execute_after,
              convert_from(q.payload, 'UTF8') AS payload, {LATE} AS is_late,
              (SELECT concat_ws(': ', l.traceback ->> 'exception_type', left(l.traceback ->> 'exception_message', 200))
               FROM pgqueuer_log l WHERE l.job_id = q.id AND l.traceback IS NOT NULL
               ORDER BY l.created DESC LIMIT 1) AS problem""",
    source="pgqueuer q",
    key="q.id",
    at="q.created",
    columns=(
        Column(
            "Pekerjaan",
            lambda row: Cell(job_of(row["name"]), href=f"/admin/jobs/{row['id']}", note=row["name"]),
        ),
        Column("Status", lambda row: _state(row["status"], row["is_late"])),
        Column("Percobaan", lambda row: Cell(str(row["attempts"])), number=True),
        Column("Dibuat", lambda row: moment(row["created"])),
        Column("Giliran", lambda row: moment(row["execute_after"])),
        Column("Kesalahan terakhir", _problem, long=True),
    ),
    exports=(
        ("id", lambda row: row["id"]),
        ("pekerjaan", lambda row: row["name"]),
        ("isi", lambda row: row["payload"]),
        ("status", lambda row: row["status"]),
        ("percobaan", lambda row: row["attempts"]),
        ("dibuat", lambda row: row["created"]),
        ("giliran", lambda row: row["execute_after"]),
        ("kesalahan", lambda row: row["problem"]),
    ),
    search=_search,
    search_hint="Nama pekerjaan",
    filters=(
        Filter(
            "state",
            "Status",
            (
                Choice("failed", "Gagal", Where("q.status = 'failed'")),
                Choice("late", "Terlambat", Where(LATE)),
                Choice("queued", "Menunggu", Where("q.status = 'queued'")),
                Choice("picked", "Berjalan", Where("q.status = 'picked'")),
            ),
        ),
    ),
)


async def load(means: Means, case_id: str) -> Case[Held] | None:
    """A job, with what went wrong with it; also one that is done, as long as the log has it."""
    number = whole_in(case_id)
    found = await job_by_id(means.db, number) if number is not None else None
    if found is None:
        return None
    return Case(
        subject=str(found.id),
        title=job_of(found.name),
        version=f"{found.status}:{found.tries}:{found.updated}",
        data=found,
        chips=(_state(found.status, found.is_late),),
        facts=(
            ("Nomor", Cell(str(found.id), note=found.name)),
            ("Percobaan", Cell(str(found.tries))),
            ("Dibuat", time(found.created)),
            ("Giliran", time(found.execute_after)),
            ("Terakhir berubah", time(found.updated)),
        ),
        parts=(
            Part(
                "payload", "Isi pekerjaan", "partials/admin/upkeep/payload.html", {"payload": found.payload}
            ),
        ),
        events=tuple(
            Event(one.at, one.problem, raw=one.trace, kind="bad") for one in reversed(found.failures)
        ),
    )


def _id(job: Held) -> int:
    return job.id


def _waits(job: Held) -> bool:
    return job.status in ("failed", "queued")


def _plan_retry(_job: Held) -> Plan:
    return Plan(
        happens=(
            "Pekerjaan ini dijalankan sekarang, dengan semua percobaannya dari awal.",
            "Setiap pekerjaan aman dijalankan dua kali.",
        ),
        tells=("Bila pekerjaannya mengirim email, penerimanya mendapatnya.",),
        undo="Tidak perlu dibatalkan.",
    )


def _plan_discard(_job: Held) -> Plan:
    return Plan(
        happens=("Pekerjaan ini tidak pernah dijalankan. Yang diperiksa setiap menit tetap diperiksa.",),
        undo="Pekerjaan yang dibuang tidak dapat dikembalikan.",
    )


DESK = Desk(
    name="jobs",
    title="Pekerjaan",
    word="pekerjaan",
    kind="job",
    about="Pekerjaan di latar belakang yang menunggu, terlambat, atau gagal.",
    listing=LISTING,
    load=load,
    decisions=(
        Decision(
            "retry",
            "Coba lagi",
            _waits,
            _plan_retry,
            at_once(actions.retry_job, _id, lambda job: f"{job_of(job.name)} dijalankan lagi."),
            form=PlainForm,
        ),
        Decision(
            "discard",
            "Buang",
            _waits,
            _plan_discard,
            with_reason(actions.discard_job, _id, lambda job: f"{job_of(job.name)} dibuang."),
            bad=True,
        ),
    ),
)
