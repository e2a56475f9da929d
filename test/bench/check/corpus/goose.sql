--- harmless large
ALTER TABLE users ADD COLUMN IF NOT EXISTS oauth_id TEXT;
--- harmful large
CREATE INDEX IF NOT EXISTS idx_orders_weight ON orders(weight);
--- harmful large
CREATE INDEX idx_visits_path ON visits(path);
--- harmful large
CREATE INDEX idx_visits_2025_path ON visits_2025(path);
--- harmless large
-- lotse: no-transaction
CREATE INDEX CONCURRENTLY idx_visits_2025_path ON visits_2025(path);
--- harmful large
-- lotse: no-transaction
CREATE INDEX CONCURRENTLY idx_visits_path ON visits(path);
--- harmful large
ALTER TABLE measurements ATTACH PARTITION measurements_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
--- harmless large
ALTER TABLE visits ATTACH PARTITION visits_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
--- brief large
CREATE TABLE visits_2027 PARTITION OF visits FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
--- harmful large
CREATE TABLE measurements_2027 PARTITION OF measurements FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
--- brief large
ALTER TABLE visits DETACH PARTITION visits_2024;
--- harmless large
-- lotse: no-transaction
ALTER TABLE visits DETACH PARTITION visits_2024 CONCURRENTLY;
--- harmless large
CREATE TABLE visits_2028 (LIKE visits INCLUDING ALL);
ALTER TABLE visits ATTACH PARTITION visits_2028 FOR VALUES FROM ('2028-01-01') TO ('2029-01-01');
--- harmful large
ALTER TABLE users SET UNLOGGED;
--- harmful large
ALTER TABLE sessions SET UNLOGGED;
--- harmless small
ALTER TABLE settings SET UNLOGGED;
--- harmful large
CLUSTER orders USING orders_placed;
--- harmful large
-- lotse: no-transaction
VACUUM FULL line_items;
--- harmless large
-- lotse: no-transaction
VACUUM (ANALYZE) line_items;
--- harmless small
-- lotse: no-transaction
VACUUM FULL plans;
--- harmless large
ANALYZE users;
--- harmful large
ALTER TABLE users ADD CONSTRAINT users_login_excl EXCLUDE USING btree (login WITH =);
--- harmless small
ALTER TABLE plans ADD CONSTRAINT plans_name_excl EXCLUDE USING btree (name WITH =);
--- harmless none
ALTER DOMAIN label ADD CONSTRAINT label_short CHECK (length(value) < 40);
--- harmful large
ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
DROP POLICY everything ON orders;
--- harmful large
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
--- harmful small
ALTER TABLE plans ENABLE ROW LEVEL SECURITY;
--- harmless large
CREATE POLICY own_rows ON users USING (true);
--- harmful large
REVOKE INSERT ON orders FROM app;
--- harmful small
REVOKE ALL ON settings FROM app;
--- harmless large
GRANT SELECT ON users TO app;
--- harmful large
ALTER TABLE sessions SET SCHEMA archive;
--- harmful small
ALTER TABLE countries SET SCHEMA archive;
--- harmful none
ALTER VIEW active_users RENAME TO current_users;
--- harmful none
ALTER FUNCTION order_total(bigint) RENAME TO order_sum;
--- harmless large
ALTER TABLE users ALTER COLUMN email SET STATISTICS 1000;
--- harmless large
ALTER TABLE orders ALTER COLUMN note SET STORAGE EXTERNAL;
--- harmless large
CREATE STATISTICS users_stats (dependencies) ON country_code, plan_id FROM users;
--- harmful large
ALTER TABLE users ALTER COLUMN created_at TYPE timestamptz USING created_at AT TIME ZONE 'Europe/Berlin';
--- harmful large
ALTER TABLE audit_log ALTER COLUMN id DROP DEFAULT;
--- harmless large
ALTER TABLE audit_log ALTER COLUMN at TYPE timestamptz;
--- harmful large
ALTER TABLE line_items ALTER COLUMN id DROP IDENTITY;
--- harmless none
DROP SCHEMA archive CASCADE;
