alter table products add column discount numeric not null default 0;
update products set discount = price * 0.1 where id % 10 = 0;
