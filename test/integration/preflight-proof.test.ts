import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgePending } from '../../hook/check/judge-pending.ts'
import { rules } from '../../hook/check/rules/all.ts'
import type { Verdict } from '../../hook/migration/finding.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'
import { databaseOf, migrations, ofRows, run, sessionOf, urlOf } from '../support/preflight.ts'

/** Each rule about rows, by its examples and by one row among a million, on every major. */

let client: pg.Client
beforeAll(async () => {
  client = await databaseOf('preflight_examples')
})
afterAll(() => client?.end())

describe('the examples of the rules', () => {
  test.each(rules.filter(({ kind }) => kind === 'failing').map((rule) => [rule.name, rule] as const))(
    '%s',
    async (name, { unsafe, safe }) => {
      await client.query('drop publication if exists feed; drop schema if exists public cascade; create schema public')
      await client.query(readFileSync('test/fixtures/check/schema.sql', 'utf8'))
      await client.query(`insert into orders values (9001, 1, null, 5000, 'x'); update orders set seller_id = 5000 where id = 7;
      insert into bookings values (0, '[2020-01-01,2030-01-01)')`)
      const judged = async (text: string): Promise<readonly string[]> =>
        ofRows(await judgePending(sessionOf(client), migrations([text]), 30_000)).map(({ rule }) => rule)
      expect(await judged(unsafe)).toEqual([name])
      expect(await run(client, [unsafe])).toMatch(/^2[23]/)
      expect(await judged(safe)).toEqual([])
      expect(await run(client, [safe])).toBeUndefined()
    },
  )
})

describe('one row among a million', () => {
  let big: pg.Client
  const wrong = 900_005
  const pending = {
    '1_null.sql': 'alter table orders alter column total set not null;',
    '2_unique.sql': 'alter table orders add constraint orders_number_key unique (number);',
    '3_orphan.sql':
      'alter table orders add constraint orders_customer_fkey foreign key (customer_id) references customers;',
    '4_check.sql': 'alter table orders add constraint orders_price_check check (price >= 0);',
    '5_cast.sql': 'alter table orders alter column code type integer using code::integer;',
    '6_exclude.sql': 'alter table orders add constraint orders_slot_excl exclude using gist (slot with &&);',
  }
  const rowsToSee = [
    'orders 900005 has no total',
    'orders 900005 and 7 have the same number',
    'orders 900005 refers by customer_id to no row of customers',
    'orders 900005 does not satisfy orders_price_check',
    'orders 900005 has a code that cannot become integer',
    'exclude each other by slot',
  ]

  beforeAll(async () => {
    big = await databaseOf('preflight_million')
    await big.query(`create table customers (id int primary key); insert into customers select generate_series(1, 1000);
      create table orders (id int primary key, total int, number int, customer_id int, price int, code text, slot int4range);
      insert into orders select n, case when n <> ${wrong} then n end, case n when ${wrong} then 7 else n end, case n when ${wrong} then 0 else n % 1000 + 1 end,
        case n when ${wrong} then -1 else n end, case n when ${wrong} then 'twelve' else n::text end,
        case n when ${wrong} then int4range(7, 8) else int4range(n, n + 1) end from generate_series(1, 1000000) as n; analyze`)
  })
  afterAll(() => big?.end())

  test('each kind is found and named, with text, JSON, GitHub, SARIF and exit code', async () => {
    const env = {
      DATABASE_URL: urlOf('preflight_million'),
      LOTSE_MIGRATIONS: migrationsFolder(pending),
      LOTSE_CHECK_TIMEOUT: '30s',
    }
    const { output, code } = await lotse(['check', '--fail-on', 'error', '--json'], env)
    expect(code, output).toBe(23)
    const verdict: Verdict = JSON.parse(output)
    const messages = ofRows(verdict).map(({ message }) => message)
    expect(verdict.unjudged).toEqual([])
    expect(messages).toHaveLength(rowsToSee.length)
    const sorted = (text: string): string => text.replace('orders 7 and 900005', 'orders 900005 and 7')
    for (const [index, row] of rowsToSee.entries()) expect(sorted(messages[index] ?? '')).toContain(row)
    expect(output).not.toContain('twelve')
  })
})
