create table products (id bigint generated always as identity primary key, name text not null);
insert into products (name) select 'product ' || n from generate_series(1, 100) n;
