alter table products add column discount numeric not null default 0;
