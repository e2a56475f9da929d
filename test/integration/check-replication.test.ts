import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { readFacts } from '../../hook/check/catalogue.ts'
import { factsAfter } from '../../hook/check/evolution.ts'
import { namedIn } from '../../hook/check/named-objects.ts'
import { rules } from '../../hook/check/rules/all.ts'
import type { Facts } from '../../hook/check/rules/facts.ts'
import type { Found, Rule } from '../../hook/check/rules/rule.ts'
import { partsOf } from '../../hook/check/statements.ts'
import type { Session } from '../../hook/database/session.ts'
import { none } from '../../hook/migration/directives.ts'
import { type Server, startPostgres } from '../support/postgres-server.ts'

/**
 * The examples of the rules about logical replication, with a subscription between two databases of a server: what the unsafe one does to
 * the subscriber, and that the safe one does not.
 */

const schema = readFileSync('test/fixtures/check/schema.sql', 'utf8')

let server: Server
let publisher: pg.Client
let subscriber: pg.Client
const major = Number(inject('postgresMajor'))

beforeAll(async () => {
  server = await startPostgres(String(major), { settings: ['wal_level=logical', 'wal_retrieve_retry_interval=100ms'] })
  const admin = await connect('postgres')
  await admin.query('create database shop')
  await admin.query('create database warehouse')
  await admin.end()
  ;[publisher, subscriber] = [await connect('shop'), await connect('warehouse')]
  await publisher.query(schema)
  if (major >= 15) await publisher.query('create publication spans for table bookings (id, during)')
})

afterAll(async () => {
  await Promise.all([publisher?.end(), subscriber?.end()])
  await server?.stop()
})

async function connect(database: string): Promise<pg.Client> {
  const client = new pg.Client(Object.assign(new URL(server.url), { pathname: `/${database}` }).href)
  client.on('error', () => {})
  await client.connect()
  return client
}

/** A subscription of the other database, with tables of its own, taken away when the test ends. */
async function subscribe(publication: string, tables: string): Promise<void> {
  await subscriber.query(tables)
  await publisher.query(`select pg_create_logical_replication_slot('feed_slot', 'pgoutput')`)
  onTestFinished(async () => {
    await subscriber.query('alter subscription feed_sub disable; alter subscription feed_sub set (slot_name = none)')
    await subscriber.query('drop subscription feed_sub')
    await subscriber.query('drop publication if exists feed; drop schema public cascade; create schema public')
    await expect.poll(() => slot().then(({ active }) => active), { timeout: 30_000 }).toBe(false)
    await publisher.query(`select pg_drop_replication_slot('feed_slot')`)
  })
  await subscriber.query(`create subscription feed_sub connection 'port=${server.port} host=127.0.0.1 user=postgres dbname=shop'
    publication ${publication} with (create_slot = false, slot_name = feed_slot, copy_data = false)`)
  await expect.poll(() => slot().then(({ active }) => active), { timeout: 30_000 }).toBe(true)
}

type Slot = { readonly active: boolean; readonly pid: number | null; readonly sent: boolean; readonly retained: number }

/** What the slot is at; `sent`: the subscriber has confirmed everything up to now. */
async function slot(upTo = '0/0'): Promise<Slot> {
  const { rows } = await publisher.query(
    `select active, active_pid as pid, confirmed_flush_lsn >= $1::pg_lsn as sent, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float as retained
       from pg_replication_slots where slot_name = 'feed_slot'`,
    [upTo],
  )
  return rows[0]
}

async function now(): Promise<string> {
  return (await publisher.query('select pg_current_wal_lsn() as lsn')).rows[0].lsn
}

/** The subscriber gives up on what it was sent, and begins again: its connection is another one, or none. */
async function expectStopped(work: () => Promise<unknown>): Promise<void> {
  const { pid } = await slot()
  await work()
  const lsn = await now()
  await expect.poll(() => slot().then((is) => is.pid !== pid), { timeout: 30_000, interval: 20 }).toBe(true)
  expect((await slot(lsn)).sent).toBe(false)
}

async function expectSent(): Promise<void> {
  const lsn = await now()
  await expect.poll(() => slot(lsn).then(({ sent }) => sent), { timeout: 30_000, interval: 20 }).toBe(true)
}

function ruleOf(name: string): Rule {
  return rules.find((rule) => rule.name === name) as Rule
}

/** What a rule finds in SQL on this database, or on one of which something else is known. */
async function found(name: string, text: string, other: (facts: Facts) => Facts = (facts) => facts): Promise<Found[]> {
  const file = {
    name: 'example',
    file: 'example.sql',
    path: '',
    kind: 'sql',
    text,
    checksum: '',
    down: undefined,
  } as const
  const parts = await partsOf({ ...file, directives: none }, (_, error) => {
    throw error
  })
  const session = { queries: (sql: string) => publisher.query(sql) as unknown } as Session
  const named = parts.map(({ tree }) => namedIn(tree))
  let facts = other(await readFacts(session, named))
  return parts.flatMap(({ tree, sql }) => {
    const each = ruleOf(name).judge({ tree, sql, before: [], transaction: true }, facts)
    facts = factsAfter(facts, tree)
    return [...each]
  })
}

/** The examples of a rule: the unsafe one is found, the safe one is not. */
async function expectExamples(name: string, other?: (facts: Facts) => Facts): Promise<Rule> {
  const rule = ruleOf(name)
  expect(await found(name, rule.unsafe, other), `${name} does not find its unsafe example`).not.toEqual([])
  expect(await found(name, rule.safe, other), `${name} finds its safe example`).toEqual([])
  return rule
}

const payments = 'create table payments (id bigint primary key, paid integer)'

test('published-column-added: the subscriber stops, until it has the column', async () => {
  expect(await found('published-column-added', ruleOf('published-column-added').unsafe)).toEqual([])
  await subscribe('feed', payments)
  const { unsafe } = await expectExamples('published-column-added')
  await publisher.query('insert into payments values (1001, 1)')
  await expectSent()
  await publisher.query(unsafe)
  await expectStopped(() => publisher.query(`insert into payments values (1002, 1, 'card')`))
  await subscriber.query(unsafe)
  await expectSent()
  expect((await subscriber.query('select method from payments where id = 1002')).rows).toEqual([{ method: 'card' }])
  if (major < 15) return
  const list = 'alter table bookings add column room text'
  await publisher.query('create publication all_spans for table bookings')
  expect(await found('published-column-added', list)).toHaveLength(1)
  await publisher.query('drop publication all_spans')
  expect(await found('published-column-added', list)).toEqual([])
})

test('published-rename: the subscriber stops, since it knows the old name', async () => {
  await subscribe('feed', `${payments}; alter table payments add column method text`)
  const { unsafe, safe } = await expectExamples('published-rename')
  await publisher.query(safe)
  await publisher.query('insert into payments (id) values (2001)')
  await expectSent()
  await publisher.query(unsafe)
  await expectStopped(() => publisher.query('insert into payments (id) values (2002)'))
  await subscriber.query(unsafe)
  await expectSent()
  await publisher.query('alter table payments rename column paid_cents to paid')
})

test('published-column-dropped: refused, or with CASCADE the table leaves the publication', async () => {
  // PostgreSQL 14 has neither filters nor lists.
  if (major < 15)
    return expect(await found('published-column-dropped', 'alter table bookings drop column during')).toEqual([])
  const { unsafe, safe } = await expectExamples('published-column-dropped')
  await expect(publisher.query(unsafe)).rejects.toMatchObject({ code: '2BP01' })
  const published = `select from pg_publication_tables where pubname = 'spans'`
  await publisher.query('begin')
  await publisher.query(unsafe.replace(';', ' cascade;'))
  expect((await publisher.query(published)).rowCount).toBe(0)
  await publisher.query('rollback; begin')
  expect((await publisher.query(published)).rowCount).toBe(1)
  await publisher.query(safe)
  await publisher.query(unsafe)
  await publisher.query('rollback')
  await publisher.query('create publication early for table bookings where (during is not null)')
  expect(await found('published-column-dropped', unsafe)).toMatchObject([{ message: expect.stringContaining('early') }])
  await publisher.query('drop publication early')
})

test('published-table-created: the subscriber stops at its first row, until it has the table', async () => {
  expect(await found('published-table-created', ruleOf('published-table-created').unsafe)).toEqual([])
  await publisher.query('create publication everything for all tables')
  onTestFinished(async () => void (await publisher.query('drop publication everything; drop table if exists receipts')))
  await subscribe('everything', schema)
  const { unsafe } = await expectExamples('published-table-created')
  await publisher.query(unsafe)
  await expectStopped(() => publisher.query('insert into receipts values (1)'))
  await subscriber.query(unsafe)
  await expectSent()
})

test('published-without-identity: every UPDATE of the new table fails', async () => {
  await publisher.query('create publication everything for all tables')
  onTestFinished(async () => void (await publisher.query('drop publication everything')))
  const { unsafe, safe } = await expectExamples('published-without-identity')
  const update = `update tags set name = 'b'`
  for (const [create, code] of [
    [unsafe, '55000'],
    [safe, undefined],
  ] as const) {
    await publisher.query(`begin; ${create}`)
    await publisher.query(`insert into tags values ('a')`)
    if (code) await expect(publisher.query(update)).rejects.toMatchObject({ code })
    else await publisher.query(update)
    await publisher.query('rollback')
  }
  for (const other of [
    'create temporary table t (n int)',
    'create unlogged table t (n int)',
    'create table t (like payments including all)',
  ])
    expect(await found('published-without-identity', other), other).toEqual([])
})

/** The same database with a large table of payments. */
const large = (facts: Facts): Facts => ({
  ...facts,
  tables: new Map([...facts.tables].map(([key, table]) => [key, { ...table, bytes: 5_000_000_000, indexBytes: 0 }])),
})

test('published-bulk-change: the slot keeps the WAL from the start of the transaction until its end', async () => {
  await subscribe('feed', `${payments}; alter table payments add column method text`)
  const name = 'published-bulk-change'
  const { unsafe } = await expectExamples(name, large)
  expect(await found(name, unsafe)).toEqual([])
  expect(await found(name, 'update imports set number = 1', large)).toEqual([])
  const writer = await connect('shop')
  await writer.query('begin')
  await writer.query(`set local synchronous_commit = off; ${unsafe}`)
  const before = await now()
  // What others commit meanwhile is sent, and still nothing of the WAL can go.
  await publisher.query('insert into payments (id) values (3001)')
  await expectSent()
  const { rows } = await publisher.query(
    `select restart_lsn < $1::pg_lsn as kept from pg_replication_slots where slot_name = 'feed_slot'`,
    [before],
  )
  expect(rows).toEqual([{ kept: true }])
  await writer.query('rollback')
  await writer.end()
})

test('slot-retains-wal: what a rewrite writes stays for a slot that nobody reads', async () => {
  const name = 'slot-retains-wal'
  const rule = ruleOf(name)
  expect(await found(name, rule.unsafe, large)).toEqual([])
  await publisher.query(`select pg_create_logical_replication_slot('feed_slot', 'pgoutput')`)
  onTestFinished(async () => void (await publisher.query(`select pg_drop_replication_slot('feed_slot')`)))
  await expectExamples(name, large)
  expect(await found(name, rule.unsafe, large)).toMatchObject([{ message: expect.stringContaining('5.0 GB of WAL') }])
  expect(await found(name, 'update payments set paid = 0', large)).toHaveLength(1)
  expect(await found(name, 'create index on payments (paid)', large)).toEqual([])
  expect(await found(name, rule.unsafe), 'a table of some kilobytes').toEqual([])
  await publisher.query(`create table wide as select n, repeat('x', 500) as line from generate_series(1, 10000) as n`)
  const before = await slot()
  await publisher.query('alter table wide alter column n type bigint')
  const bytes = (await publisher.query(`select pg_table_size('wide')::float as bytes`)).rows[0].bytes
  expect((await slot()).retained - before.retained).toBeGreaterThan(bytes * 0.8)
  expect((await slot()).active).toBe(false)
  await publisher.query('drop table wide')
})
