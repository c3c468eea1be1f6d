"""Invoices that never change, each with what it says, and credit notes for money that went back."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0020"
VERSION = "1.38.0"
DESCRIPTION = "Invoices that never change, each with what it says, and credit notes for money that went back."

SQL = """
-- An invoice is about one payment: an order whose payment was taken back and that was paid again has two.
ALTER TABLE invoices DROP CONSTRAINT invoices_pkey;
ALTER TABLE invoices
  ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ADD COLUMN transaction_id text REFERENCES payment_transactions,
  -- all that it says, as it was when it was issued: pages and files are made of this alone
  ADD COLUMN document jsonb;

-- What an order's invoice says: names, item and amounts as copied onto the order, and how it was paid.
CREATE FUNCTION invoice_document(p_order bigint, p_transaction text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('order', o.public_id, 'kind', o.kind, 'payer', o.payer_name, 'expert', o.expert_name,
    'item', o.item_name, 'thread', b.id IS NOT NULL AND b.duration_minutes IS NULL, 'starts_at', b.starts_at,
    'zone', u.time_zone, 'subtotal', o.subtotal, 'admin_fee', o.admin_fee, 'admin_fee_bps', o.admin_fee_bps,
    'total', o.total, 'tax_bps', o.tax_bps, 'tax', (
      SELECT coalesce(-sum(e.amount), 0) FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id
        JOIN ledger_accounts a ON a.id = e.account_id
      WHERE j.transaction_id = p_transaction AND j.kind = 'payment' AND a.kind = 'tax'),
    'method', o.payment_method, 'payment_type', t.payment_type, 'paid_at', o.paid_at)
  FROM orders o JOIN users u ON u.id = o.user_id
    LEFT JOIN session_extensions x ON x.order_id = o.id
    LEFT JOIN bookings b ON b.order_id = o.id OR b.id = x.booking_id
    LEFT JOIN payment_transactions t ON t.transaction_id = p_transaction
  WHERE o.id = p_order
$$;

-- The payment that an order stands by: the newest that was booked as its sale.
CREATE FUNCTION sale_transaction(p_order bigint) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT transaction_id FROM ledger_journals WHERE order_id = p_order AND kind = 'payment' ORDER BY id DESC LIMIT 1
$$;

ALTER TABLE invoices DISABLE TRIGGER invoices_append_only;
UPDATE invoices SET transaction_id = sale_transaction(order_id),
  document = invoice_document(order_id, sale_transaction(order_id));
ALTER TABLE invoices ENABLE TRIGGER invoices_append_only;
ALTER TABLE invoices ALTER COLUMN document SET NOT NULL,
  ADD CONSTRAINT invoices_one_a_payment UNIQUE NULLS NOT DISTINCT (order_id, transaction_id);

-- The database itself writes down what an invoice says; nobody hands it in.
CREATE FUNCTION write_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.transaction_id := sale_transaction(NEW.order_id);
  NEW.document := invoice_document(NEW.order_id, NEW.transaction_id);
  RETURN NEW;
END $$;
CREATE TRIGGER write_invoice BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION write_invoice();

CREATE TABLE credit_note_counters (year integer PRIMARY KEY, last_number integer NOT NULL);
-- Money of an order that went back to its payer. `credited` is what of it corrects an invoice: nothing when
-- the money never was part of one (it came late, twice, or was not the amount asked for).
CREATE TABLE credit_notes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES orders,
  year integer NOT NULL,
  number integer NOT NULL CHECK (number > 0),
  issued_at timestamptz NOT NULL DEFAULT app_now(),
  invoice_id bigint REFERENCES invoices,
  -- NULL when no refund of ours brought it back: its bank took it, or somebody gave it back at the gateway
  refund_id bigint CONSTRAINT credit_notes_one_a_refund UNIQUE REFERENCES refunds,
  reason text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  credited bigint NOT NULL CHECK (credited BETWEEN 0 AND amount),
  document jsonb NOT NULL,
  UNIQUE (year, number),
  CHECK ((invoice_id IS NULL) = (credited = 0))
);
CREATE INDEX credit_notes_order ON credit_notes (order_id, id);
CREATE INDEX credit_notes_invoice ON credit_notes (invoice_id) WHERE invoice_id IS NOT NULL;
CREATE TRIGGER credit_notes_append_only BEFORE UPDATE OR DELETE ON credit_notes
  FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER credit_notes_no_truncate BEFORE TRUNCATE ON credit_notes
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER invoices_no_truncate BEFORE TRUNCATE ON invoices
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE FUNCTION write_credit_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT jsonb_build_object('order', o.public_id, 'payer', o.payer_name, 'expert', o.expert_name, 'item', o.item_name,
      'zone', u.time_zone, 'invoice_year', i.year, 'invoice_number', i.number)
    INTO NEW.document
    FROM orders o JOIN users u ON u.id = o.user_id LEFT JOIN invoices i ON i.id = NEW.invoice_id
    WHERE o.id = NEW.order_id;
  RETURN NEW;
END $$;
CREATE TRIGGER write_credit_note BEFORE INSERT ON credit_notes FOR EACH ROW EXECUTE FUNCTION write_credit_note();

-- How much of each invoice no credit note takes back although it does not stay sold and no refund waits to be sent.
CREATE VIEW invoice_differences AS
  SELECT i.id AS invoice_id, i.order_id, i.transaction_id,
    (i.document->>'total')::bigint - coalesce(notes.credited, 0) AS stands,
    (i.document->>'total')::bigint - coalesce(notes.credited, 0) - booked.kept - CASE WHEN booked.reversed THEN 0
      ELSE coalesce(refunding.amount, 0) END AS difference
  FROM invoices i
    LEFT JOIN LATERAL (
      SELECT sum(credited)::bigint AS credited FROM credit_notes n WHERE n.invoice_id = i.id) notes ON true
    LEFT JOIN LATERAL (
      -- less than nothing is the platform's own loss: what went back by hand was then taken by the card's bank as well
      SELECT greatest(0, coalesce(-sum(e.amount) FILTER (WHERE a.kind LIKE 'expert%'
          OR a.kind IN ('admin_fee', 'platform_fee', 'tax')), 0))::bigint AS kept, coalesce(bool_or(j.kind = 'reversal'), false) AS reversed
      FROM ledger_journals j JOIN ledger_entries e ON e.journal_id = j.id JOIN ledger_accounts a ON a.id = e.account_id
      WHERE j.transaction_id = i.transaction_id) booked ON true
    LEFT JOIN LATERAL (
      SELECT sum(r.amount)::bigint AS amount FROM refunds r
      WHERE r.transaction_id = i.transaction_id AND r.state <> 'rejected'
        AND NOT EXISTS (SELECT FROM credit_notes n WHERE n.refund_id = r.id)) refunding ON true;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
