--- harmless large
alter table "users" add column "timezone" varchar(255) null;
--- harmless large
alter table "orders" add column "created_at" timestamptz not null default CURRENT_TIMESTAMP, add column "updated_at" timestamptz not null default CURRENT_TIMESTAMP;
--- harmful large
alter table "orders" add column "external_id" uuid not null default gen_random_uuid();
--- harmful large
create index "sessions_expires_at_index" on "sessions" ("expires_at");
--- harmful large
create index "users_created_at_index" on "users" ("created_at");
--- harmful large
alter table "users" add constraint "users_email_unique" unique ("email");
--- harmful large
alter table "line_items" add constraint "line_items_sku_unique" unique ("id", "sku");
--- harmless small
alter table "countries" add constraint "countries_name_unique" unique ("name");
--- harmful large
alter table "sessions" add constraint "sessions_user_id_foreign" foreign key ("user_id") references "users" ("id") on delete CASCADE;
--- brief large
alter table "line_items" drop constraint "line_items_order_id_fkey";
--- harmless large
alter table "users" drop constraint "users_age_plausible";
--- harmful large
alter table "orders" alter column "total_cents" drop default; alter table "orders" alter column "total_cents" drop not null; alter table "orders" alter column "total_cents" type bigint using ("total_cents"::bigint);
--- harmful large
alter table "orders" alter column "coupon_id" set not null;
--- harmful large
alter table "orders" alter column "total_cents" drop default;
--- harmless large
alter table "orders" alter column "note" set default '';
--- harmful large
alter table "users" drop column "age", drop column "score";
--- harmful small
alter table "plans" drop column "code";
--- harmful large
alter table "users" rename "email" to "email_address";
--- harmful small
alter table "settings" rename to "configuration";
--- harmful small
drop table if exists "settings";
--- harmful small
drop table "plans" cascade;
--- harmless none
drop table if exists "never_there";
--- harmless fresh
create table "jobs" ("id" serial primary key, "queue" varchar(255), "payload" json);
create index "jobs_queue_index" on "jobs" ("queue");
alter table "jobs" alter column "queue" set not null;
alter table "jobs" add column "ref" uuid default gen_random_uuid();
--- harmless fresh
create table "teams" ("id" bigserial primary key, "name" text);
create table "members" ("team_id" bigint not null, "user_id" bigint not null);
alter table "members" add constraint "members_team_id_foreign" foreign key ("team_id") references "teams" ("id");
alter table "members" add constraint "members_pkey" primary key ("team_id", "user_id");
--- harmful large
truncate table "sessions" restart identity;
--- harmful small
truncate table "settings";
--- harmful large
delete from "sessions";
--- harmless small
delete from "settings" where "updated_at" is not null;
--- harmful large
update "audit_log" set "action" = 'signin' where "action" like 'log%';
--- harmless large
update "audit_log" set "action" = 'signin' where "id" = 5;
--- harmless none
create view "order_sums" as select "user_id", sum("total_cents") from "orders" group by "user_id";
--- harmful none
drop view "active_users";
--- harmless none
create or replace function touch_updated_at() returns trigger language plpgsql as $$begin new.last_seen = now(); return new; end$$;
--- harmful none
drop function "order_total"(bigint);
--- brief large
create trigger "orders_touch" before update on "orders" for each row execute function touch_updated_at();
--- harmless small
create trigger "plans_touch" before update on "plans" for each row execute function touch_updated_at();
--- brief large
drop trigger "users_touch" on "users";
--- brief large
alter table "users" disable trigger "users_touch";
--- harmless none
create sequence "invoice_numbers";
--- harmful none
drop sequence "order_numbers";
--- harmful large
refresh materialized view "big_report";
--- harmless large
refresh materialized view concurrently "big_report";
--- harmless small
refresh materialized view "plan_report";
--- harmful large
drop materialized view "big_report";
