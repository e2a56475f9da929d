alter table products add column price numeric not null default 1;
