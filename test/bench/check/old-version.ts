/** What a running version of each application sends: after a migration that breaks it, one of these fails or finds fewer rows. */
export const oldStatements = {
  shop: [
    `insert into countries (code, name, region, vat) values ('IT', 'Italy', 'Europe', 22)`,
    `insert into plans (id, name, limits, code) values (900, 'new', '{}', 'NEW')`,
    `insert into settings (key, value) values ('new key', 'x')`,
    `insert into users (id, email, name, country_code, plan_id, age, score, bio, last_seen, login)
       values (9900001, 'new@example.com', 'new', 'DE', 1, 40, 5, 'bio', now(), 'new')`,
    `insert into orders (id, user_id, number, note, coupon_id, tax) values (9900001, 1, 'new', 'note', 1, 1)`,
    `insert into line_items (order_id, product_id, price, sku) values (1, 1, 1, 'sku')`,
    `insert into sessions (token, user_id, data, expires_at, ip) values ('new', 1, '{}', now(), '10.0.0.1')`,
    `insert into audit_log (actor_id, action, payload, contact) values (1, 'login', '{}', 'a@example.com')`,
    `insert into measurements (at, sensor, value) values ('2025-05-05', 1, 1)`,
    `insert into visits (at, path) values ('2025-05-05', '/')`,
    `update users set name = 'other' where id = 1`,
    `update orders set total_cents = 5 where id = 1`,
    `select count(*) from orders where status in ('pending', 'paid', 'shipped')`,
    'select order_total(1)',
    `select nextval('order_numbers')`,
  ],
  examples: [
    `insert into customers (id, email) values (9900001, 'new')`,
    `insert into orders (id, customer_id, seller_id, note) values (9900001, 1, 1, 'note')`,
    'insert into payments (id, paid) values (9900001, 1)',
    'insert into imports (id, number) values (9900001, 9900001)',
    `insert into bookings (id, during) values (9900001, '[2000-01-01, 2000-01-02)')`,
    `insert into events (at, kind) values ('2025-05-05', 'a')`,
    `insert into currencies (code, name, rate) values ('CHF', 'Franc', 1)`,
    `update payments set paid = 2 where id = 1`,
    `select count(*) from orders where state in ('open', 'sent')`,
  ],
} as const

/** Tables that are large in an application's database; the others have a few rows. */
export const largeTables: Readonly<Record<keyof typeof oldStatements, readonly string[]>> = {
  shop: [
    'users',
    'orders',
    'line_items',
    'sessions',
    'audit_log',
    'measurements',
    'measurements_2025',
    'measurements_default',
    'measurements_2026',
    'visits',
    'visits_2024',
    'visits_2025',
    'visits_2026',
    'big_report',
  ],
  examples: [
    'customers',
    'orders',
    'payments',
    'imports',
    'bookings',
    'events',
    'events_2026',
    'events_default',
    'logs',
    'logs_2025',
    'customer_names',
  ],
}

export type Application = keyof typeof oldStatements
