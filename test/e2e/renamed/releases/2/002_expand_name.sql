-- The story counts in `filled` how often the backfill has changed a row.
alter table customers add column name text, add column filled integer not null default 0;

-- Old pods write full_name, new ones name; both find what the other has written.
create function customers_in_step() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    new.name := coalesce(new.name, new.full_name);
    new.full_name := new.name;
  elsif new.name is distinct from old.name then
    new.full_name := new.name;
  elsif new.full_name <> old.full_name then
    new.name := new.full_name;
  end if;
  return new;
end $$;
create trigger in_step before insert or update on customers for each row execute function customers_in_step();

-- What new pods read: a row that the backfill has not come to yet still has its name in the old column.
create view named_customers as select id, coalesce(name, full_name) as name from customers;
