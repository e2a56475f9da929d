--- harmful large
alter table users alter column age type numeric;
create index users_age on users (age);
--- harmful large
alter table orders add column region text;
create index orders_region on orders (region);
--- harmful large
alter table plans add column position integer;
create index orders_shipped on orders (shipped_on);
--- harmless small
alter table plans add column position integer;
create index plans_position on plans (position);
--- harmless large
alter table orders add column region text;
comment on column orders.region is 'where it goes';
--- harmful large
alter table orders add constraint orders_coupon foreign key (coupon_id) references plans not valid;
alter table orders validate constraint orders_coupon;
--- harmless large
create table order_facts as select id, total_cents from orders where id < 100;
--- harmful large
alter table orders add column seen boolean;
create table order_facts as select * from orders;
--- harmless large
-- lotse: no-transaction
do $$ declare low bigint := 0; begin
  while low < 1000 loop
    update orders set note = 'new' where id between low and low;
    commit;
    low := low + 500;
  end loop;
end $$;
--- harmful large
do $$ begin update users set name = 'x' where name <> 'y'; end $$;
--- harmful large
merge into orders using users on orders.user_id = users.id when matched then update set note = users.name;
--- harmless small
merge into settings using plans on settings.key = plans.name when matched then update set value = 'x';
--- harmful large
with gone as (delete from sessions where user_id > 0 returning *) insert into audit_log (actor_id, action) select user_id, 'gone' from gone;
--- harmless large
delete from sessions where token in (select token from sessions where user_id is null limit 1000);
--- harmful large
alter table users alter column bio type varchar(1000);
--- harmful large
alter table line_items alter column quantity type bigint;
--- harmful large
alter table sessions add column id bigint generated always as identity;
--- harmless large
alter table sessions add column id bigint;
create sequence sessions_id_seq owned by sessions.id;
alter table sessions alter column id set default nextval('sessions_id_seq');
--- harmful large
alter table users alter column login drop not null, alter column login type varchar(10);
--- harmless large
alter table orders add column a integer, add column b integer, add column c text default 'x';
--- harmful large
alter table orders add column a integer, alter column total_cents type bigint, add column c text default 'x';
--- harmless large
alter table users replica identity full;
