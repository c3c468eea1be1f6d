"""The mail to mentors: what they earn of a price changes, or does not after all."""

from __future__ import annotations

from mentorinaja.db.pool import Database
from mentorinaja.formats import percent, when
from mentorinaja.notices.kinds import Mail, MailContent, OutboxRow
from mentorinaja.policies import queries
from mentorinaja.policies.actions import FEES, WITHDRAWN
from mentorinaja.policies.rules import EXAMPLE
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
        "old": change.before,
        "new": change.policy,
        "example": EXAMPLE,
        "old_price": change.before.price(EXAMPLE),
        "new_price": change.policy.price(EXAMPLE),
        "page": f"{settings.base_url}/expert/dashboard/layanan",
    }
    subject = (
        f"Biaya platform tetap {percent(change.before.platform_fee_bps)}"
        if withdrawn
        else f"Biaya layanan berubah mulai {since}"
    )
    return MailContent(subject, "fees_changed", context)


MAILS = [Mail(FEES, load_fees)]
