alter table products add column price numeric;
