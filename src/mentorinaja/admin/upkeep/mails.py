"""Mails on the desk: what was written to whom, what was sent, and what was not."""

from __future__ import annotations

from mentorinaja.admin.cases import Case, Decision, Means, Part, Plan, at_once, with_reason
from mentorinaja.admin.desk import Desk
from mentorinaja.admin.forms import PlainForm
from mentorinaja.admin.health.numbers import FAILED_MAIL, LATE_MAIL, MAIL_LATE_AFTER
from mentorinaja.admin.listing import Cell, Choice, Column, Filter, Listing, Where
from mentorinaja.admin.upkeep.words import KINDS, about_of, kind_of, problem_of, state_of
from mentorinaja.admin.words import moment, order, person, time
from mentorinaja.notices import actions, queries
from mentorinaja.notices.queries import Letter, Posted
from mentorinaja.notices.rules import SECRET
from mentorinaja.typed import whole_in


def _search(words: str) -> Where:
    """An address whole, or what a mail is about: an order's number and the like. Each is found by its own index."""
    return Where(
        """m.id = ANY (ARRAY(SELECT x.id FROM users w JOIN outbox x ON x.user_id = w.id WHERE w.email = {}
             UNION ALL SELECT x.id FROM outbox x WHERE x.about = {}
             UNION ALL SELECT x.id FROM orders w JOIN outbox x ON x.order_id = w.id
               WHERE w.public_id = upper({})))""",
        (words,) * 3,
    )


LISTING = Listing(
    fields="""m.id, m.kind, m.about, m.status, m.attempts, m.created_at, m.due_at, m.sent_at, m.problem, m.user_id,
              u.full_name, coalesce(m.to_email, u.email)::text AS email, o.public_id""",
    source="outbox m",
    beside="LEFT JOIN users u ON u.id = m.user_id LEFT JOIN orders o ON o.id = m.order_id",
    key="m.id",
    at="m.created_at",
    columns=(
        Column("Email", lambda row: Cell(kind_of(row["kind"]), href=f"/admin/mails/{row['id']}")),
        Column("Status", lambda row: state_of(row["status"])),
        Column("Kepada", lambda row: person(row["full_name"], row["email"], row["user_id"])),
        Column(
            "Tentang",
            lambda row: order(row["public_id"]) if row["public_id"] else Cell(about_of(row["about"])),
        ),
        Column("Waktunya", lambda row: moment(row["due_at"])),
        Column("Terkirim", lambda row: moment(row["sent_at"])),
        Column("Percobaan", lambda row: Cell(str(row["attempts"]), note=problem_of(row["problem"]))),
    ),
    exports=(
        ("id", lambda row: row["id"]),
        ("jenis", lambda row: row["kind"]),
        ("status", lambda row: row["status"]),
        ("kepada", lambda row: row["email"]),
        ("tentang", lambda row: row["about"]),
        ("dibuat", lambda row: row["created_at"]),
        ("waktunya", lambda row: row["due_at"]),
        ("terkirim", lambda row: row["sent_at"]),
        ("percobaan", lambda row: row["attempts"]),
        ("masalah", lambda row: row["problem"]),
    ),
    search=_search,
    search_hint="Alamat email atau nomor order",
    filters=(
        Filter(
            "state",
            "Status",
            (
                Choice(
                    "late",
                    "Terlambat atau gagal",
                    Where(f"({FAILED_MAIL}) OR ({LATE_MAIL.format(after='{}')})", (MAIL_LATE_AFTER,)),
                ),
                Choice("unsent", "Belum terkirim", Where("m.status IN ('waiting', 'sending', 'failed')")),
                Choice("failed", "Gagal", Where("m.status = 'failed'")),
                Choice("sent", "Terkirim", Where("m.status = 'sent'")),
                Choice("dropped", "Tidak dikirim", Where("m.status = 'dropped'")),
            ),
        ),
        Filter(
            "kind",
            "Jenis",
            tuple(
                Choice(kind, words, Where("m.kind = {}", (kind,)))
                for kind, words in sorted(KINDS.items(), key=lambda one: one[1])
            ),
        ),
    ),
)


async def load(means: Means, case_id: str) -> Case[Posted] | None:
    """A mail with what it says, as far as admins may read it."""
    number = whole_in(case_id)
    found = await queries.posted_by_id(means.db, number) if number is not None else None
    if found is None:
        return None
    row = found.row
    return Case(
        subject=str(row.id),
        title=kind_of(row.kind),
        version=f"{found.status}:{row.attempts}:{found.next_try_at}",
        data=found,
        chips=(state_of(found.status),),
        facts=(
            ("Kepada", person(row.full_name, row.email, row.user_id)),
            ("Tentang", order(found.public_id) if found.public_id else Cell(about_of(row.about))),
            ("Dibuat", time(row.created_at)),
            ("Waktunya", time(row.due_at)),
            ("Dicoba lagi", time(found.next_try_at if found.status == "waiting" else None)),
            ("Terkirim", time(found.sent_at)),
            ("Percobaan", Cell(str(row.attempts), note=problem_of(found.problem))),
            ("Message-ID", Cell(row.message_id)),
        ),
        parts=(await _letter(means, found),),
    )


async def _letter(means: Means, found: Posted) -> Part:
    letter: Letter | None = None
    why = "Jenis email ini tidak dikenal lagi."
    mail = means.mails.get(found.row.kind)
    if found.row.kind in SECRET:
        why = "Isinya hanya untuk pemilik akun, karena memuat tautan untuk masuk ke akunnya."
    elif mail is not None:
        letter = await queries.letter_of(means.db, means.settings, mail, found.row)
        why = "Sudah tidak berlaku: jika dikirim sekarang, email ini tidak dikirim."
    return Part("letter", "Isi email", "partials/admin/upkeep/letter.html", {"letter": letter, "why": why})


def _id(mail: Posted) -> int:
    return mail.row.id


def _is_unsent(mail: Posted) -> bool:
    return mail.status in ("waiting", "failed")


def _is_late(mail: Posted) -> bool:
    return _is_unsent(mail) and mail.is_due


def _plan_send(mail: Posted) -> Plan:
    return Plan(
        happens=("Email ini dikirim sekarang oleh pekerja, jika isinya masih berlaku.",),
        tells=(f"{mail.row.full_name} menerimanya di {mail.row.email}.",),
        undo="Email yang terkirim tidak dapat ditarik kembali.",
    )


def _plan_call_off(mail: Posted) -> Plan:
    return Plan(
        happens=(f"{mail.row.full_name} tidak menerima email ini.",),
        undo="Email yang dibatalkan tidak dapat dikirim lagi.",
    )


DESK = Desk(
    name="mails",
    title="Email",
    word="email",
    kind="mail",
    about="Semua email yang ditulis, kepada siapa, dan apakah sudah terkirim.",
    listing=LISTING,
    load=load,
    decisions=(
        Decision(
            "send",
            "Kirim lagi",
            _is_late,
            _plan_send,
            at_once(actions.send_again, _id, lambda _: "Email ini dikirim sekarang."),
            form=PlainForm,
        ),
        Decision(
            "call-off",
            "Batalkan",
            _is_unsent,
            _plan_call_off,
            with_reason(actions.call_off, _id, lambda _: "Email ini dibatalkan."),
            bad=True,
        ),
    ),
)
