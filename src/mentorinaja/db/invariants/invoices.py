"""What must always hold of invoices and credit notes; part of `invariants.INVARIANTS`."""

from __future__ import annotations

INVOICES = {
    "A7_invoices_without_gaps": """
        SELECT c.year, c.last_number, count(i.number), max(i.number)
        FROM invoice_counters c LEFT JOIN invoices i USING (year)
        GROUP BY c.year HAVING count(i.number) <> c.last_number OR max(i.number) <> c.last_number""",
    "A7_credit_notes_without_gaps": """
        SELECT c.year, c.last_number, count(n.number), max(n.number)
        FROM credit_note_counters c LEFT JOIN credit_notes n USING (year)
        GROUP BY c.year HAVING count(n.number) <> c.last_number OR max(n.number) <> c.last_number""",
    "A7_guarded": """
        SELECT wanted.name FROM unnest(ARRAY['invoices_append_only', 'invoices_no_truncate', 'write_invoice',
          'credit_notes_append_only', 'credit_notes_no_truncate', 'write_credit_note']) AS wanted (name)
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = wanted.name AND tgenabled = 'O')""",
    "A7_invoice_only_for_paid": """
        SELECT i.order_id FROM invoices i WHERE NOT EXISTS (
          SELECT FROM ledger_journals j
          WHERE j.order_id = i.order_id AND j.transaction_id = i.transaction_id AND j.kind = 'payment')""",
    "A7_paid_has_an_invoice": """
        SELECT o.public_id FROM orders o WHERE o.payment_status = 'paid' AND NOT EXISTS (
          SELECT FROM invoices i WHERE i.order_id = o.id AND i.transaction_id = sale_transaction(o.id))""",
    "A7_invoice_says_the_order": """
        SELECT o.public_id, i.document FROM invoices i JOIN orders o ON o.id = i.order_id
        WHERE (i.document->>'order', i.document->>'payer', i.document->>'expert', i.document->>'item')
            <> (o.public_id, o.payer_name, o.expert_name, o.item_name)
          OR ((i.document->>'subtotal')::bigint, (i.document->>'admin_fee')::bigint, (i.document->>'total')::bigint)
            <> (o.subtotal, o.admin_fee, o.total)""",
    # What an invoice and its credit notes leave is what stays sold, with what is still to go back.
    "A7_invoices_are_the_ledger": """
        SELECT order_id, transaction_id, stands, difference FROM invoice_differences WHERE difference <> 0""",
    "A7_no_invoice_below_zero": """
        SELECT order_id, stands FROM invoice_differences WHERE stands < 0""",
    "A7_every_refund_that_is_done_has_a_credit_note": """
        SELECT r.id, r.amount FROM refunds r LEFT JOIN credit_notes n ON n.refund_id = r.id
        WHERE (r.state = 'done' AND n.id IS NULL) OR r.amount <> n.amount OR r.order_id <> n.order_id""",
    "A7_credit_note_of_its_own_invoice": """
        SELECT n.id FROM credit_notes n JOIN invoices i ON i.id = n.invoice_id
          LEFT JOIN refunds r ON r.id = n.refund_id
        WHERE i.order_id <> n.order_id OR r.transaction_id <> i.transaction_id""",
}
