--- harmless large
ALTER TABLE "users" ADD COLUMN "confirmed_at" timestamp(0);
--- harmless large
ALTER TABLE "orders" ADD COLUMN "currency" varchar(255) DEFAULT 'EUR' NOT NULL;
--- harmful large
CREATE INDEX "users_plan_id_index" ON "users" ("plan_id");
--- harmful large
CREATE UNIQUE INDEX "line_items_order_id_product_id_index" ON "line_items" ("order_id", "product_id");
--- harmful large
CREATE INDEX "sessions_expires_at_index" ON "sessions" ("expires_at") INCLUDE ("user_id");
--- harmless large
-- lotse: no-transaction
CREATE INDEX CONCURRENTLY "line_items_sku_index" ON "line_items" ("sku");
--- harmless large
-- lotse: no-transaction
REINDEX INDEX CONCURRENTLY orders_placed;
--- harmful large
-- lotse: no-transaction
REINDEX TABLE orders;
--- harmful large
REINDEX INDEX users_last_seen;
--- harmless small
REINDEX TABLE plans;
--- harmful large
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_actor_id_fkey" FOREIGN KEY ("actor_id") REFERENCES "users"("id") ON DELETE SET NULL;
--- harmless large
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_actor_id_fkey" FOREIGN KEY ("actor_id") REFERENCES "users"("id") ON DELETE SET NULL NOT VALID;
--- brief large
ALTER TABLE "orders" DROP CONSTRAINT "orders_user_id_fkey";
--- harmful large
ALTER TABLE "orders" DROP CONSTRAINT "orders_user_id_fkey", ADD CONSTRAINT "orders_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE;
--- harmful large
ALTER TABLE "orders" ALTER COLUMN "coupon_id" TYPE varchar(255);
--- harmful large
ALTER TABLE "line_items" ALTER COLUMN "quantity" TYPE numeric;
--- harmful large
ALTER TABLE "sessions" ALTER COLUMN "ip" TYPE text;
--- harmless large
ALTER TABLE "line_items" ALTER COLUMN "sku" TYPE varchar(255);
--- harmless large
ALTER TABLE "line_items" ALTER COLUMN "price" TYPE numeric(10, 2);
--- harmless small
ALTER TABLE "countries" ALTER COLUMN "name" TYPE varchar(90);
--- harmful large
ALTER TABLE "sessions" ALTER COLUMN "user_id" SET NOT NULL, ALTER COLUMN "expires_at" SET NOT NULL;
--- harmless large
ALTER TABLE "orders" ALTER COLUMN "placed_at" SET NOT NULL;
--- harmful large
ALTER TABLE "users" DROP COLUMN "deleted_at" CASCADE;
--- harmful large
ALTER TABLE "sessions" DROP COLUMN "data";
--- harmful small
ALTER TABLE "countries" DROP COLUMN "region";
--- harmful large
ALTER TABLE "orders" RENAME TO "purchases";
--- harmful large
ALTER TABLE "line_items" RENAME COLUMN "sku" TO "article";
--- harmful small
ALTER TABLE "settings" RENAME COLUMN "value" TO "content";
--- harmless fresh
CREATE TABLE "carts" ("id" bigserial, "user_id" bigint, "inserted_at" timestamp(0) NOT NULL, PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "carts_user_id_index" ON "carts" ("user_id");
ALTER TABLE "carts" RENAME COLUMN "inserted_at" TO "made_at";
ALTER TABLE "carts" DROP COLUMN "made_at";
--- harmless fresh
CREATE TABLE "wishlists" AS SELECT id, name FROM plans;
ALTER TABLE "wishlists" ADD PRIMARY KEY (id);
ALTER TABLE "wishlists" ADD COLUMN "token" uuid DEFAULT gen_random_uuid();
--- harmless fresh
CREATE TABLE "events_log" ("at" date NOT NULL, "kind" text) PARTITION BY RANGE ("at");
CREATE TABLE "events_log_2026" PARTITION OF "events_log" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON "events_log" ("kind");
--- harmful large
DO $$ BEGIN ALTER TABLE "users" ALTER COLUMN "age" TYPE bigint; END $$;
--- harmful large
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_class WHERE relname = 'orders_note_idx') THEN
    CREATE INDEX orders_note_idx ON orders (note);
  END IF;
END $$;
--- harmless small
DO $$ BEGIN ALTER TABLE "plans" ALTER COLUMN "price_cents" TYPE bigint; END $$;
--- harmful large
ALTER TABLE "orders" ADD CONSTRAINT "total_not_negative" CHECK (total_cents >= 0);
--- harmless large
ALTER TABLE "orders" ADD CONSTRAINT "total_not_negative" CHECK (total_cents >= 0) NOT VALID;
--- harmful large
ALTER TABLE "users" ADD COLUMN "api_key" text DEFAULT md5(random()::text);
--- harmless small
ALTER TABLE "plans" ADD COLUMN "api_key" text DEFAULT md5(random()::text);
--- harmful large
DELETE FROM "audit_log" WHERE "at" <= now();
--- harmful large
UPDATE "users" SET "name" = upper("name");
--- harmful large
INSERT INTO "sessions" ("token", "user_id") SELECT 'again ' || "id", "id" FROM "users";
--- harmless large
ALTER TABLE "users" SET (autovacuum_vacuum_scale_factor = 0.02);
--- brief large
LOCK TABLE "orders" IN ACCESS EXCLUSIVE MODE;
