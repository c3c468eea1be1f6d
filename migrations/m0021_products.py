"""Digital products: what is for sale, who bought it, and every download."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from mentorinaja.db.migrate import sql_migration

ID = "0021"
VERSION = "1.38.0"
DESCRIPTION = "Digital products: what is for sale, who bought it, and every download."

SQL = """
-- The row of a stored file comes before the file; a sweep takes away what no product has.
CREATE TABLE product_files (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  expert_id bigint NOT NULL REFERENCES experts,
  kind text NOT NULL CHECK (kind IN ('pdf', 'epub', 'zip', 'thumbnail')),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  size_bytes integer NOT NULL CHECK (size_bytes BETWEEN 1 AND 52428800),
  -- when it came, or when its product let go of it
  left_at timestamptz NOT NULL DEFAULT app_now()
);
CREATE INDEX product_files_age ON product_files (left_at);

CREATE TABLE products (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  expert_id bigint NOT NULL REFERENCES experts,
  type text NOT NULL CHECK (type IN ('ebook', 'course', 'template', 'video', 'audio', 'other')),
  name text NOT NULL CHECK (length(name) BETWEEN 3 AND 80),
  price bigint NOT NULL CHECK (price BETWEEN 10000 AND 50000000),
  description text NOT NULL DEFAULT '' CHECK (length(description) <= 2000),
  -- delivered in one of two ways: our own file, or an address outside
  file_id uuid UNIQUE REFERENCES product_files,
  link text CHECK (link ~ '^https://[^[:space:]]+$' AND length(link) <= 1000),
  thumbnail_id uuid UNIQUE REFERENCES product_files,
  active boolean NOT NULL DEFAULT true,
  archived_at timestamptz,
  place integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT app_now(),
  CHECK ((file_id IS NULL) <> (link IS NULL))
);
CREATE INDEX products_expert ON products (expert_id, place);
CREATE FUNCTION product_left_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE product_files SET left_at = app_now() WHERE id IN (OLD.file_id, OLD.thumbnail_id);
  RETURN NULL;
END $$;
CREATE TRIGGER product_left_files AFTER UPDATE OF file_id, thumbnail_id OR DELETE ON products
  FOR EACH ROW EXECUTE FUNCTION product_left_files();
CREATE TRIGGER products_changed AFTER INSERT OR UPDATE OR DELETE ON products
  FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();

-- any: the payer picks the method at the gateway
ALTER TABLE orders DROP CONSTRAINT orders_payment_method_check;
ALTER TABLE orders ADD CONSTRAINT orders_payment_method_check
  CHECK (payment_method IN ('card', 'bank_transfer', 'ewallet', 'qris', 'cstore', 'any'));

-- Beside each order of a product. Its state follows the order's money, see below.
CREATE TABLE purchases (
  order_id bigint PRIMARY KEY REFERENCES orders,
  product_id bigint NOT NULL REFERENCES products,
  user_id bigint NOT NULL REFERENCES users,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'owned', 'ended')),
  -- the buyer took the money back before the first download
  cancelled boolean NOT NULL DEFAULT false,
  -- downloads that were counted, of those allowed when it was bought
  downloads integer NOT NULL DEFAULT 0,
  allowed integer NOT NULL CHECK (allowed >= 1),
  first_downloaded_at timestamptz,
  CHECK (downloads BETWEEN 0 AND allowed),
  CHECK ((downloads = 0) = (first_downloaded_at IS NULL)),
  CHECK (NOT cancelled OR (state = 'ended' AND downloads = 0))
);
-- Nobody buys twice what is theirs, or waits to be paid for: this decides races.
CREATE UNIQUE INDEX purchases_live ON purchases (user_id, product_id) WHERE state <> 'ended';
CREATE INDEX purchases_product ON purchases (product_id);

-- Whose money is here owns the product. What goes back in part, or is only promised back, changes nothing.
CREATE FUNCTION purchase_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE purchases SET state = CASE NEW.payment_status WHEN 'waiting' THEN 'waiting' WHEN 'paid' THEN 'owned'
      ELSE 'ended' END
    WHERE order_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER purchase_follows AFTER UPDATE OF payment_status ON orders FOR EACH ROW
  WHEN (NEW.kind = 'product' AND OLD.payment_status <> NEW.payment_status
    AND NEW.payment_status NOT IN ('refund_pending', 'partially_refunded'))
  EXECUTE FUNCTION purchase_follows();

-- Every download that was counted.
CREATE TABLE downloads (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  order_id bigint NOT NULL REFERENCES purchases,
  at timestamptz NOT NULL DEFAULT app_now(),
  number integer NOT NULL CHECK (number >= 1),
  UNIQUE (order_id, number)
);
CREATE TRIGGER downloads_append_only BEFORE UPDATE OR DELETE ON downloads
  FOR EACH ROW EXECUTE FUNCTION append_only();
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, SQL)
