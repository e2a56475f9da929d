--- harmless large
ALTER TABLE users ADD COLUMN locale VARCHAR(8);
--- harmless large
ALTER TABLE users ADD COLUMN newsletter BOOLEAN DEFAULT false NOT NULL;
--- harmless large
ALTER TABLE orders ADD COLUMN meta JSONB DEFAULT '{}'::jsonb NOT NULL;
--- harmful large
ALTER TABLE orders ADD COLUMN seen_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp();
--- harmless large
ALTER TABLE orders ADD COLUMN seen_at TIMESTAMP WITH TIME ZONE DEFAULT now();
--- harmful large
CREATE INDEX ix_orders_note ON orders (note);
--- harmful large
CREATE INDEX ix_audit_log_payload ON audit_log USING gin (payload);
--- harmful large
CREATE INDEX ix_measurements_sensor ON measurements (sensor);
--- harmless large
CREATE INDEX ix_measurements_sensor ON ONLY measurements (sensor);
--- harmless large
-- lotse: no-transaction
CREATE UNIQUE INDEX CONCURRENTLY ix_users_email_lower ON users (lower(email));
--- brief large
DROP INDEX users_country;
--- brief large
DROP INDEX IF EXISTS orders_placed;
--- harmless small
CREATE INDEX ix_plans_name ON plans (name);
--- harmful large
ALTER TABLE users ALTER COLUMN plan_id SET NOT NULL;
--- harmful large
ALTER TABLE orders ALTER COLUMN number SET NOT NULL;
--- harmless small
ALTER TABLE plans ALTER COLUMN code SET NOT NULL;
--- harmful large
ALTER TABLE orders ALTER COLUMN weight TYPE DOUBLE PRECISION;
--- harmful large
ALTER TABLE users ALTER COLUMN score TYPE INTEGER USING score::integer;
--- harmless large
ALTER TABLE users ALTER COLUMN score TYPE NUMERIC;
--- harmful large
ALTER TABLE users ALTER COLUMN preferences TYPE JSONB USING preferences::jsonb;
--- harmless large
ALTER TABLE orders ALTER COLUMN number TYPE VARCHAR(64);
--- harmless small
ALTER TABLE countries ALTER COLUMN vat TYPE NUMERIC(6, 3);
--- harmful large
ALTER TABLE orders DROP COLUMN coupon_id;
--- harmful large
ALTER TABLE audit_log DROP COLUMN contact;
--- harmful large
ALTER TABLE orders RENAME number TO order_number;
--- harmful none
ALTER TYPE order_status RENAME VALUE 'paid' TO 'settled';
--- harmless none
ALTER TYPE order_status ADD VALUE 'returned';
--- harmful none
ALTER TYPE order_status ADD VALUE 'returned';
UPDATE orders SET status = 'returned' WHERE id = 1;
--- harmless none
CREATE TYPE severity AS ENUM ('low', 'high');
--- harmless none
CREATE TYPE severity AS ENUM ('low', 'high');
ALTER TABLE audit_log ADD COLUMN severity severity DEFAULT 'low' NOT NULL;
--- harmful large
ALTER TABLE sessions ADD CONSTRAINT sessions_pkey PRIMARY KEY (token);
--- harmless large
ALTER TABLE sessions ADD CONSTRAINT sessions_pkey PRIMARY KEY USING INDEX sessions_token;
--- harmful large
ALTER TABLE sessions ADD CONSTRAINT uq_sessions_user UNIQUE (user_id);
--- harmful large
ALTER TABLE users ADD CONSTRAINT ck_users_name CHECK (length(name) < 200);
--- harmless fresh
CREATE TABLE refunds (id SERIAL NOT NULL, order_id BIGINT, amount NUMERIC(8, 2), PRIMARY KEY (id));
CREATE INDEX ix_refunds_order_id ON refunds (order_id);
ALTER TABLE refunds ADD CONSTRAINT ck_refunds_amount CHECK (amount > 0);
--- brief fresh
CREATE TABLE refunds (id SERIAL NOT NULL, order_id BIGINT, PRIMARY KEY (id), FOREIGN KEY(order_id) REFERENCES orders (id));
--- harmful large
UPDATE users SET country_code = 'FR' WHERE country_code <> 'FR';
--- harmful large
UPDATE orders SET total_cents = l.quantity FROM line_items l WHERE l.order_id = orders.id;
--- harmless small
DELETE FROM settings WHERE updated_at IS NULL;
--- harmful large
ALTER TABLE users ADD COLUMN email_domain TEXT GENERATED ALWAYS AS (split_part(email, '@', 2)) STORED;
--- harmless small
ALTER TABLE countries ADD COLUMN slug TEXT GENERATED ALWAYS AS (lower(name)) STORED;
--- harmful large
ALTER TABLE audit_log ADD COLUMN sender email_address;
--- harmless large
ALTER TABLE audit_log ADD COLUMN title label;
--- harmless none
CREATE OR REPLACE VIEW active_users AS SELECT id, name, login FROM users WHERE deleted_at IS NULL;
