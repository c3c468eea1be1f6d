"""Transfers by hand: put into a file for the bank, marked as sent, come back, and arrived by then."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mentorinaja.banks.vault import Vault
from mentorinaja.bookings.queries import Order
from mentorinaja.db.pool import Connection, atomic
from mentorinaja.errors import DomainError, NotThere
from mentorinaja.formats import rupiah
from mentorinaja.invoices import actions as invoices
from mentorinaja.jobs.queue import enqueue
from mentorinaja.ledger import actions as ledger
from mentorinaja.payments import actions as payments
from mentorinaja.refunds import accounts, queries, rules
from mentorinaja.refunds.locking import checked, lock, lock_for, note
from mentorinaja.refunds.queries import Account, Refund
from mentorinaja.refunds.rules import Sent, Undecidable, Unmarkable
from mentorinaja.transfers import actions as transfers
from mentorinaja.transfers import queries as batches
from mentorinaja.transfers.actions import BankFile
from mentorinaja.transfers.rules import Line
from mentorinaja.web.viewer import Viewer


@atomic
async def make_batch(
    tx: Connection, vault: Vault, admin: Viewer, refund_ids: Sequence[int], again: Collection[int] = ()
) -> BankFile:
    """All these refunds as a file for the bank; `again`: those that may stand in one more file than before.

    Raises `NotThere`, `AlreadyInBatch`, `Unbatchable`, `Unmarkable` for what is not ready (any more).
    """
    lines, problems = [], {}
    for refund_id in await queries.in_order(tx, refund_ids):
        try:
            refund, order = await lock_for(tx, admin, refund_id)
            lines.append(_line(refund, await _ready(tx, refund, order, None)))
        except Undecidable as problem:
            problems[refund_id] = str(problem)
    if problems:
        raise _none_of_them(problems)
    return await transfers.make_batch(
        tx, vault, admin, "refund", lines, [rules.name_of(one) for one in again]
    )


@atomic
async def download_again(tx: Connection, vault: Vault, admin: Viewer, batch_id: int) -> BankFile:
    """A file that was made before: what of it would be transferred just so now, neither sent nor otherwise by now.

    Raises `NotThere`, `Unbatchable`.
    """
    if admin.role != "admin":
        raise NotThere
    written = {rules.id_in(line.subject): line for line in await batches.lines_of(tx, "refund", batch_id)}
    still = set()
    for refund_id in await queries.in_order(tx, [one for one in written if one is not None]):
        try:
            refund, order = await lock_for(tx, admin, refund_id)
            line = _line(refund, await _ready(tx, refund, order, None))
        except Undecidable:
            continue
        # Another round, amount or account: what the file says would be paid to the wrong place, or too much.
        if line == written[refund_id]:
            still.add(line.subject)
    return await transfers.make_again(tx, vault, admin, "refund", batch_id, still)


@atomic
async def mark_transferred(
    tx: Connection, admin: Viewer, refund_id: int, reference: str, tail: str | None = None
) -> None:
    """The money went to the payer's account by hand, under the bank's `reference`; said again it is as once.

    `tail`: the last digits of the account it went to, which the payer may have changed meanwhile; None: the one
    known now. Raises `NotThere`, `Undecidable`.
    """
    refund, order = await lock_for(tx, admin, refund_id)
    reference = _checked_reference(reference)
    if await _said_before(tx, refund, reference, tail):
        return
    await _send(tx, admin, refund, order, await _ready(tx, refund, order, tail), reference)


@atomic
async def mark_all_transferred(tx: Connection, admin: Viewer, sent: Sequence[Sent]) -> int:
    """Several transfers at once, all or none; answers how many are new. What was said before with the same reference
    is as once.

    Raises `NotThere`, `Unmarkable`.
    """
    told = {one.refund_id: one for one in sent}
    problems, ready = {}, []
    for refund_id in await queries.in_order(tx, list(told)):
        one = told[refund_id]
        try:
            refund, order = await lock_for(tx, admin, refund_id)
            reference = _checked_reference(one.reference)
            if await _said_before(tx, refund, reference, one.tail):
                continue
            account = await _ready(tx, refund, order, one.tail)
            await _as_in_its_file(tx, refund)
            ready.append((refund, order, account, reference))
        except DomainError as problem:
            problems[refund_id] = str(problem)
    if problems:
        raise _none_of_them(problems)
    for refund, order, account, reference in ready:
        await _send(tx, admin, refund, order, account, reference)
    return len(ready)


@atomic
async def mark_bounced(tx: Connection, admin: Viewer, refund_id: int, reason: str) -> None:
    """A transfer came back: the payer is asked for another account, unless a bank gave the money back meanwhile.

    Also one that counted as arrived: the money is due again, and its order waits for it; the credit note stands, since
    the sale stays taken back. Raises `NotThere`, `Undecidable`.
    """
    refund, order = await lock_for(tx, admin, refund_id)
    reason = checked(reason)
    if not rules.may_bounce(refund.way, refund.state) or refund.transferred is None:
        raise Undecidable("Tidak ada transfer manual untuk pengembalian dana ini yang dapat kembali.")
    had_arrived = refund.state == "done"
    await tx.execute("UPDATE refund_accounts SET bounced_at = app_now() WHERE id = $1", refund.account_id)
    await tx.execute(
        """UPDATE refunds SET state = 'failed', left_at = NULL, reference = NULL, account_id = NULL, transferred = NULL,
             problem = $2, changed_at = app_now() WHERE id = $1""",
        refund.id,
        reason,
    )
    await ledger.record_bounced(
        tx, order.id, refund.transaction_id, refund.refund_key, refund.transferred, refund.bounces + 1
    )
    await note(tx, order, admin, "refund_failed", refund, reason=reason, amount=refund.transferred)
    await payments.settle_refunds(tx, refund.transaction_id)
    refund, order = await lock(tx, refund.id)
    if refund.state == "failed":
        if had_arrived:
            await payments.reopen_refunds(tx, order, refund.transaction_id, actor="admin")
        await accounts.ask(tx, refund.id)
        return
    await payments.close_refunds(tx, order, refund.transaction_id, actor="admin")
    await invoices.credit(tx, order.id)


@atomic
async def arrive(tx: Connection, refund_id: int) -> None:
    """What was sent and did not come back in its time has arrived."""
    refund, order = await lock(tx, refund_id)
    within = rules.TRANSFERRED_WITHIN if refund.way == "bank" else rules.CONFIRMED_WITHIN
    if refund.state != "sent" or refund.left_at is None or refund.now < refund.left_at + within:
        return
    await tx.execute(
        "UPDATE refunds SET state = 'done', changed_at = app_now(), next_try_at = NULL WHERE id = $1",
        refund.id,
    )
    await payments.tell_refund_done(tx, refund.id)
    await payments.close_refunds(tx, order, refund.transaction_id, actor="system")
    await invoices.credit(tx, order.id)


async def _ready(tx: Connection, refund: Refund, order: Order, tail: str | None) -> Account:
    """The account a refund is to be transferred to now (with these last digits). Raises `Undecidable`."""
    account = await queries.account_of(tx, order.id, tail)
    if refund.way != "bank" or refund.state != "approved":
        raise Undecidable(
            f"Sudah ditransfer dengan referensi {refund.reference}."
            if refund.reference
            else "Pengembalian dana ini tidak menunggu transfer manual."
        )
    if account is None:
        told = "Pembayar belum memberi nomor rekening."
        raise Undecidable(
            told if tail is None else f"Tidak ada rekening dengan akhiran {tail} untuk pesanan ini."
        )
    return account


async def _as_in_its_file(tx: Connection, refund: Refund) -> None:
    """A file that says another amount than is due now was not what should be transferred. Raises `Undecidable`."""
    name = rules.name_of(refund.id)
    found = (await batches.batched(tx, "refund", [name])).get((name, refund.bounces + 1))
    if found and found.amount != refund.due:
        raise Undecidable(
            f"Berkas {found.batch_id} memuat {rupiah(found.amount)}, tetapi yang harus kembali kini "
            f"{rupiah(refund.due)}. Putuskan di halaman kasusnya."
        )


async def _said_before(tx: Connection, refund: Refund, reference: str, tail: str | None) -> bool:
    """Whether this very transfer stands already: whoever repeats it after a lost answer is content."""
    if refund.state not in ("sent", "done") or refund.reference != reference:
        return False
    known: str = await tx.fetchval("SELECT tail FROM refund_accounts WHERE id = $1", refund.account_id)
    return tail in (None, known)


async def _send(
    tx: Connection, admin: Viewer, refund: Refund, order: Order, account: Account, reference: str
) -> None:
    await tx.execute(
        """UPDATE refunds SET state = 'sent', left_at = app_now(), changed_at = app_now(), reference = $2,
             account_id = $3, transferred = $4 WHERE id = $1""",
        refund.id,
        reference,
        account.id,
        refund.due,
    )
    await ledger.record_transferred(
        tx, order.id, refund.transaction_id, refund.refund_key, refund.due, refund.bounces + 1
    )
    await note(tx, order, admin, "refund_sent", refund, amount=refund.due, reference=reference)
    await payments.tell_refund(tx, refund.id, "sent", version=refund.bounces)
    await enqueue(tx, payments.CARRY_OUT, at=refund.now + rules.TRANSFERRED_WITHIN)


def _line(refund: Refund, account: Account) -> Line:
    name, number = rules.name_of(refund.id), account.number_sealed
    return Line(name, refund.bounces + 1, refund.due, account.bank, number, account.tail, account.holder)


def _none_of_them(problems: dict[int, str]) -> Unmarkable:
    said = "; ".join(f"{rules.name_of(refund_id)}: {problem}" for refund_id, problem in problems.items())
    return Unmarkable(f"Tidak ada yang disimpan. {said}", problems=problems)


def _checked_reference(reference: str) -> str:
    least, most = rules.REFERENCE_LENGTH
    reference = reference.strip()
    if not (least <= len(reference) <= most and reference.isprintable()):
        raise Undecidable(f"Tulis nomor referensi bank, {least} sampai {most} karakter.")
    return reference
