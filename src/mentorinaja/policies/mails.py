"""The mail to mentors: what they earn of a price changes, or does not after all."""

from __future__ import annotations

from mentorinaja.db.pool import Database
from mentorinaja.formats import percent, rupiah, when
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.policies import queries
from mentorinaja.policies.actions import FEES, WITHDRAWN
from mentorinaja.policies.rules import EXAMPLE, Policy
from mentorinaja.settings import Settings


async def load_fees(db: Database, settings: Settings, row: OutboxRow) -> MailContent | None:
    """The change with an example; nothing any more once it was withdrawn before it was told."""
    change = await queries.change_of(db, int(row.about.split(":")[1]))
    assert change is not None and change.before is not None, (
        "sets are never deleted, and the first is nobody's change"
    )
    withdrawn = row.version == WITHDRAWN
    if change.withdrawn and not withdrawn:
        return None
    since = when(change.policy.since, row.time_zone)
    context = {
        "since": since,
        "withdrawn": withdrawn,
        "lines": _lines(change.before, change.before if withdrawn else change.policy),
        "page": f"{settings.base_url}/expert/dashboard/layanan",
    }
    subject = f"Biaya layanan {'tidak jadi berubah' if withdrawn else f'berubah mulai {since}'}"
    return MailContent(subject, "fees_changed", context)


def _lines(old: Policy, new: Policy) -> list[tuple[str, str]]:
    """Both fees, and what they do to a price; what stays as it is says so."""
    before, after = old.price(EXAMPLE), new.price(EXAMPLE)
    fees = [
        ("Biaya admin", _turn(percent(old.admin_fee_bps), percent(new.admin_fee_bps))),
        ("Biaya platform", _turn(percent(old.platform_fee_bps), percent(new.platform_fee_bps))),
    ]
    if before == after:
        return fees
    return [
        *fees,
        ("Contoh", f"layanan {rupiah(EXAMPLE)}"),
        ("Dibayar pengguna", _turn(rupiah(before.total), rupiah(after.total))),
        ("Pendapatan Anda", _turn(rupiah(before.expert_share), rupiah(after.expert_share))),
    ]


def _turn(old: str, new: str) -> str:
    return f"tetap {old}" if old == new else f"{old} menjadi {new}"


MAILS = [Mail(FEES, load_fees)]
