-- :rows rows in each large table, a few in the others.
insert into countries values ('DE', 'Germany', 'Europe', 19), ('FR', 'France', 'Europe', 20), ('US', 'United States', 'America', 0);
insert into plans select n, 'plan ' || n, n * 100, '{}', 'P' || n from generate_series(1, 5) as n;
insert into settings (key, value) select 'key ' || n, 'value' from generate_series(1, 20) as n;
insert into users (id, email, name, country_code, plan_id, age, score, bio, login, last_seen, preferences)
  select n, 'u' || n || '@example.com', 'user ' || n, 'DE', n % 5 + 1, n % 80 + 1, n % 100, 'bio', 'login' || n, now(), '{}' from generate_series(1, :rows) as n;
insert into orders (id, user_id, number, total_cents, note, tax) select n, n, 'N' || n, n, 'note', 1 from generate_series(1, :rows) as n;
insert into line_items (order_id, product_id, price, sku) select n, n % 5 + 1, 9.99, 'sku' from generate_series(1, :rows) as n;
insert into sessions select 'token ' || n, n, '{}', now(), '10.0.0.1' from generate_series(1, :rows) as n;
insert into audit_log (actor_id, action, payload, contact) select n, 'login', '{}', 'a@example.com' from generate_series(1, :rows) as n;
insert into measurements select '2025-03-01', n, n from generate_series(1, :rows) as n;
insert into measurements select '2030-03-01', n, n from generate_series(1, :rows) as n;
insert into measurements_2026 select '2026-03-01', n, n from generate_series(1, :rows) as n;
insert into visits select '2024-03-01', '/' from generate_series(1, :rows) as n;
insert into visits select '2025-03-01', '/' from generate_series(1, :rows) as n;
insert into visits_2026 select '2026-03-01', '/' from generate_series(1, :rows) as n;
create materialized view big_report as select id, name, repeat('x', 100) as text from users;
create unique index big_report_id on big_report (id);
create materialized view plan_report as select id, name from plans;
create unique index plan_report_id on plan_report (id);
analyze;
