--- harmless large
ALTER TABLE "users" ADD "nickname" character varying;
--- harmless large
ALTER TABLE "orders" ADD "gift" boolean DEFAULT FALSE NOT NULL;
--- harmless large
ALTER TABLE "users" ADD "created_on" date DEFAULT CURRENT_DATE;
--- harmful large
CREATE INDEX "index_users_on_email" ON "users" ("email");
--- harmful large
CREATE UNIQUE INDEX "index_users_on_lower_email" ON "users" (lower("email"));
--- harmful large
CREATE INDEX "index_orders_on_coupon_id" ON "orders" USING btree ("coupon_id") WHERE "coupon_id" IS NOT NULL;
--- harmless large
-- lotse: no-transaction
CREATE INDEX CONCURRENTLY "index_users_on_email" ON "users" ("email");
--- harmless large
-- lotse: no-transaction
CREATE INDEX CONCURRENTLY "index_orders_on_status_and_placed_at" ON "orders" ("status", "placed_at");
--- harmless small
CREATE INDEX "index_countries_on_region" ON "countries" ("region");
--- harmless small
CREATE UNIQUE INDEX "index_plans_on_code" ON "plans" ("code");
--- harmless fresh
CREATE TABLE "invoices" ("id" bigserial primary key, "order_id" bigint NOT NULL, "number" character varying, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
CREATE INDEX "index_invoices_on_order_id" ON "invoices" ("order_id");
--- harmless fresh
CREATE TABLE "invoices" ("id" bigserial primary key, "total" integer);
ALTER TABLE "invoices" ALTER COLUMN "total" TYPE bigint;
ALTER TABLE "invoices" ALTER COLUMN "total" SET NOT NULL;
--- harmful large
ALTER TABLE "orders" ADD CONSTRAINT "fk_rails_f868b47f6a" FOREIGN KEY ("coupon_id") REFERENCES "plans" ("id");
--- harmful large
ALTER TABLE "audit_log" ADD CONSTRAINT "fk_rails_audit_actor" FOREIGN KEY ("actor_id") REFERENCES "users" ("id");
--- harmless large
ALTER TABLE "sessions" ADD CONSTRAINT "fk_rails_sessions_user" FOREIGN KEY ("user_id") REFERENCES "users" ("id") NOT VALID;
--- harmless large
ALTER TABLE "line_items" VALIDATE CONSTRAINT "line_items_plan_fk";
--- harmful large
ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL;
--- harmful large
ALTER TABLE "line_items" ALTER COLUMN "price" SET NOT NULL;
--- harmless large
ALTER TABLE "users" ALTER COLUMN "bio" SET NOT NULL;
--- harmless small
ALTER TABLE "countries" ALTER COLUMN "region" SET NOT NULL;
--- harmful large
ALTER TABLE "users" ALTER COLUMN "age" TYPE bigint;
--- harmful large
ALTER TABLE "orders" ALTER COLUMN "tax" TYPE numeric(10,4);
--- harmless large
ALTER TABLE "users" ALTER COLUMN "login" TYPE character varying(80);
--- harmless large
ALTER TABLE "users" ALTER COLUMN "login" TYPE text;
--- harmless large
ALTER TABLE "orders" ALTER COLUMN "tax" TYPE numeric(12,2);
--- harmful large
ALTER TABLE "users" DROP COLUMN "preferences";
--- harmful small
ALTER TABLE "plans" DROP COLUMN "limits";
--- harmful large
ALTER TABLE "users" RENAME COLUMN "name" TO "full_name";
--- harmful large
ALTER TABLE "sessions" RENAME TO "user_sessions";
--- harmful small
DROP TABLE "settings";
--- harmful small
ALTER TABLE "countries" RENAME COLUMN "vat" TO "vat_rate";
--- harmful large
UPDATE "users" SET "score" = 0 WHERE "users"."score" IS NULL OR "users"."score" > 0;
--- harmful large
UPDATE "orders" SET "note" = '' ;
--- harmless small
UPDATE "plans" SET "price_cents" = 100;
--- harmless large
UPDATE "users" SET "admin" = TRUE WHERE "users"."id" = 42;
--- harmless large
ALTER TABLE "users" ADD CONSTRAINT "chk_rails_score" CHECK (score >= 0) NOT VALID;
--- harmful large
ALTER TABLE "users" ADD CONSTRAINT "chk_rails_score" CHECK (score >= 0);
--- harmless large
ALTER TABLE "users" VALIDATE CONSTRAINT "users_age_plausible";
--- harmful large
ALTER TABLE "users" ADD CONSTRAINT "chk_rails_score" CHECK (score >= 0) NOT VALID;
ALTER TABLE "users" VALIDATE CONSTRAINT "chk_rails_score";
--- harmful large
ALTER TABLE "orders" ADD "uuid" uuid DEFAULT gen_random_uuid() NOT NULL;
--- harmless large
ALTER TABLE "orders" ADD "uuid" uuid;
ALTER TABLE "orders" ALTER COLUMN "uuid" SET DEFAULT gen_random_uuid();
--- harmful large
ALTER TABLE "sessions" ADD COLUMN "id" bigserial PRIMARY KEY;
--- harmful large
ALTER TABLE "orders" ADD "discounted" integer GENERATED ALWAYS AS (total_cents / 2) STORED;
--- harmless large
COMMENT ON COLUMN "users"."score" IS 'between 0 and 100';
