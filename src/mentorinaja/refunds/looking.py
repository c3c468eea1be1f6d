"""Reading refunds for whoever decides on them: one with all that is known of it, and those that wait for a transfer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mentorinaja.banks.rules import BANKS, masked
from mentorinaja.db.pool import Connection, Database
from mentorinaja.refunds.rules import KEPT_AT_WILL, NEEDS_APPROVAL, Way, may_bounce, name_of
from mentorinaja.refunds.standing import ACCOUNT, BOUNCES, CREDITED, DUE, KEPT, REDECIDED


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a refund: a state of it, an account (given, or not usable), a try at the gateway.

    `raw` is what the gateway answered, or "".
    """

    at: datetime
    what: str
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class Looked:
    """A refund as the desk sees it; `amount` and, of it, `due` in whole rupiah, the account's number masked.

    `promised`: the day by which our next step is due, `late` when it is over; `bounces`: how many transfers came back;
    `transferred`: what went by hand and did not come back; `kept`: an admin stopped it; `credited`: it had arrived once,
    and a credit note tells so; `redecided`: the decision on a report that led to it was taken back. `decided_by` and
    `decision`: who approved, stopped or resumed it, and why.
    """

    id: int
    order_id: int
    order: str
    user_id: int
    expert_user_id: int
    state: str
    amount: int
    due: int
    reason: str
    explained: str
    created_at: datetime
    not_before: datetime | None
    way: Way | None
    tries: int
    next_try_at: datetime | None
    problem: str | None
    reference: str | None
    left_at: datetime | None
    transaction_id: str
    payment_type: str
    bank: str | None
    tail: str | None
    holder: str | None
    given_at: datetime | None
    promised: date | None
    late: bool
    bounces: int
    transferred: int | None
    kept: bool
    credited: bool
    redecided: bool
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None

    @property
    def name(self) -> str:
        """`RF-12`, as admins and the bank know it."""
        return name_of(self.id)

    @property
    def account(self) -> str | None:
        """The payer's account as screens show it; None when none is known."""
        return f"{BANKS[self.bank].name} {masked(self.tail)}" if self.bank and self.tail else None

    @property
    def may_be_approved(self) -> bool:
        """Whether it waits for an admin's yes."""
        return self.state == "requested" and self.reason in NEEDS_APPROVAL

    @property
    def may_be_stopped(self) -> bool:
        """Whether an admin may take back what an admin granted."""
        return (
            self.state in ("requested", "approved", "failed")
            and self.reason in KEPT_AT_WILL
            and self.due == self.amount
            and not self.credited
        )

    @property
    def may_bounce(self) -> bool:
        """Whether the bank may send its transfer back, also after it counted as arrived."""
        return may_bounce(self.way, self.state)

    @property
    def may_be_resumed(self) -> bool:
        """Whether what an admin stopped can be owed again."""
        return self.kept and self.reason in KEPT_AT_WILL and not self.redecided

    @property
    def is_ready(self) -> bool:
        """Whether it only waits for somebody to transfer it."""
        return self.way == "bank" and self.state == "approved" and self.tail is not None

    @property
    def waits_for_account(self) -> bool:
        """Whether its payer, or another account of theirs, can be asked for."""
        return self.way == "bank" and self.state in ("approved", "failed")

    @property
    def hangs(self) -> bool:
        """Whether the gateway is to be told, or to say what became of it."""
        return self.way != "bank" and self.state in ("approved", "sent") and self.left_at is None


@dataclass(frozen=True, slots=True)
class Ready:
    """A refund that waits for a transfer by hand; `due` in whole rupiah, `round` counts its transfers from 1.

    `promised`: the day by which it is to be sent, `late` when it is over.
    """

    id: int
    order: str
    payer_name: str
    due: int
    bank: str
    tail: str
    holder: str
    promised: date
    late: bool
    round: int

    @property
    def name(self) -> str:
        """`RF-12`."""
        return name_of(self.id)

    @property
    def account(self) -> str:
        """The account, masked."""
        return f"{BANKS[self.bank].name} {masked(self.tail)}"


_LATE = "coalesce(refund_promise(r) < (app_now() AT TIME ZONE 'Asia/Jakarta')::date, false)"
_LOOKED = f"""
    SELECT r.id, r.order_id, o.public_id AS order, o.user_id, e.user_id AS expert_user_id, r.state, r.amount,
      CASE WHEN r.left_at IS NULL AND r.state <> 'rejected' THEN {DUE} ELSE r.amount END AS due, r.reason, r.explained,
      r.created_at, r.not_before, r.way, r.tries, r.next_try_at, r.problem, r.reference, r.left_at, r.transaction_id,
      t.payment_type, account.bank, account.tail, account.holder, account.given_at, refund_promise(r) AS promised,
      {_LATE} AS late, {BOUNCES} AS bounces, r.transferred, {KEPT} AS kept,
      {CREDITED} AS credited, {REDECIDED} AS redecided, d.full_name AS decided_by, r.decided_at,
      r.decision_reason AS decision
    FROM refunds r JOIN orders o ON o.id = r.order_id JOIN experts e ON e.id = o.expert_id
      JOIN payment_transactions t ON t.transaction_id = r.transaction_id LEFT JOIN users d ON d.id = r.decided_by
      {ACCOUNT}
    WHERE r.id = $1"""
_STEPS = """
    SELECT s.at, 'state' AS what, s.state AS text, '' AS raw FROM refund_steps s WHERE s.refund_id = $1
    UNION ALL
    SELECT a.given_at, 'given', '•••• ' || a.tail || ', ' || a.holder, ''
    FROM refunds r JOIN refund_accounts a ON a.order_id = r.order_id WHERE r.id = $1 AND r.way = 'bank'
    UNION ALL
    SELECT a.bounced_at, 'unusable', '•••• ' || a.tail || ', ' || a.holder, '' FROM refunds r
      JOIN refund_accounts a ON a.order_id = r.order_id
    WHERE r.id = $1 AND r.way = 'bank' AND a.bounced_at IS NOT NULL
    UNION ALL
    (SELECT l.at, 'gateway', l.source, jsonb_pretty(l.body) FROM refunds r
       JOIN payment_transactions t ON t.transaction_id = r.transaction_id JOIN payment_attempts a ON a.id = t.attempt_id
       JOIN payment_logs l ON l.gateway_order_id = a.gateway_order_id
     WHERE r.id = $1 AND l.source IN ('refund', 'cancel') AND l.at >= r.created_at ORDER BY l.id DESC LIMIT 20)
    ORDER BY 1, 2"""


async def looked_at(db: Connection | Database, refund_id: int) -> Looked | None:
    """A refund with all that decisions on it rest on; None when there is none."""
    row = await db.fetchrow(_LOOKED, refund_id)
    return Looked(**row) if row else None


async def steps_of(db: Connection | Database, refund_id: int) -> list[Step]:
    """What happened to a refund, oldest first."""
    return [Step(**row) for row in await db.fetch(_STEPS, refund_id)]


async def ready(db: Connection | Database, most: int) -> list[Ready]:
    """Refunds that wait for a transfer by hand to an account that is known, at most so many, those that wait longest
    first.
    """
    rows = await db.fetch(
        f"""SELECT r.id, o.public_id AS order, o.payer_name, {DUE} AS due, account.bank, account.tail, account.holder,
              refund_promise(r) AS promised, {_LATE} AS late, {BOUNCES} + 1 AS round
            FROM refunds r JOIN orders o ON o.id = r.order_id {ACCOUNT}
            WHERE r.state = 'approved' AND r.way = 'bank' AND account.tail IS NOT NULL
            ORDER BY account.given_at, r.id LIMIT $1""",
        most,
    )
    return [Ready(**row) for row in rows]


async def count_ready(db: Connection | Database) -> tuple[int, int]:
    """How many refunds wait for a transfer to an account that is known, and what they amount to in whole rupiah."""
    row = await db.fetchrow(
        f"""SELECT count(*), coalesce(sum({DUE}), 0)::bigint FROM refunds r
            WHERE r.state = 'approved' AND r.way = 'bank' AND EXISTS (
              SELECT FROM refund_accounts a WHERE a.order_id = r.order_id AND a.bounced_at IS NULL)"""
    )
    assert row is not None, "an aggregate always answers"
    return row[0], row[1]
