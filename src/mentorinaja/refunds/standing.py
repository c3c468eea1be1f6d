"""How a refund `r` stands, as SQL: what is due of it, what came back, what was stopped, owed again, and credited."""

from __future__ import annotations

# What of a refund that has not left us is still due: what a bank took otherwise covers the oldest first.
DUE = """(r.amount - greatest(0, least(r.amount,
    (SELECT sum(f.amount) FROM refunds f WHERE f.transaction_id = r.transaction_id AND f.id >= r.id
       AND f.state <> 'rejected' AND f.left_at IS NULL)
    + (SELECT coalesce(sum(e.amount), 0) FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
         JOIN ledger_accounts a ON a.id = e.account_id
       WHERE j.transaction_id = r.transaction_id AND a.kind = 'refund_due'))))::bigint"""
# How often a transfer by hand came back, and how often it was owed again after an admin had stopped it.
BOUNCES = """(SELECT count(*) FROM ledger_journals j WHERE j.transaction_id = r.transaction_id
    AND j.kind = 'refund_bounced' AND starts_with(j.key, 'bounced:' || r.refund_key || ':'))"""
RESUMED = """(SELECT count(*) FROM ledger_journals j WHERE j.transaction_id = r.transaction_id
    AND j.kind = 'refund_resumed' AND starts_with(j.key, 'resumed:' || r.refund_key || ':'))"""
# Whether an admin stopped it, and whoever had earned its money has it.
KEPT = f"""(r.state = 'rejected' AND (SELECT count(*) FROM ledger_journals j WHERE j.transaction_id = r.transaction_id
    AND j.kind = 'refund_rejected'
    AND (j.key = 'kept:' || r.refund_key OR starts_with(j.key, 'kept:' || r.refund_key || ':'))) > {RESUMED})"""
# Whether a credit note tells that it went back: it had arrived once, and from then on its money stays the payer's.
CREDITED = "EXISTS (SELECT FROM credit_notes n WHERE n.refund_id = r.id)"
# Whether the decision on a report that led to it was taken back: what goes back is decided there again.
REDECIDED = "EXISTS (SELECT FROM report_reopenings x WHERE x.refund_id = r.id)"
# The account it goes, or went, to: the last one of its order that no transfer came back from.
ACCOUNT = """LEFT JOIN LATERAL (SELECT a.bank, a.tail, a.holder, a.given_at FROM refund_accounts a
    WHERE a.order_id = r.order_id AND r.way = 'bank'
      AND CASE WHEN r.account_id IS NULL THEN a.bounced_at IS NULL ELSE a.id = r.account_id END
    ORDER BY a.id DESC LIMIT 1) account ON true"""
