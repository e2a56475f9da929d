// The page chart/changing-a-schema.md, run: every file and every statement is taken out of it.
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { randomFrom } from '../support/random.ts'
import { fenced } from '../support/recipes.ts'

type Version = 'old' | 'new'
type Values = readonly (string | number | null)[]

/** One change of the page. A file's number tells its upgrade: 001 was there before, 01x comes with the first one, 02x with the second. */
type Change = {
  readonly title: string
  readonly files: Readonly<Record<string, string>>
  /** Insert, update, read and perhaps delete: by values, by key and values, by key. */
  readonly statements: Readonly<Partial<Record<Version, readonly string[]>>>
}

const page = readFileSync('chart/changing-a-schema.md', 'utf8')
const blocks = (part: string) => fenced(part, 'sql').map((text) => ({ name: /^-- (.+)\n/.exec(text)?.[1] ?? '', text }))
const changes: readonly Change[] = page
  .split(/^## /m)
  .slice(1)
  .map((part) => ({ title: part.split('\n')[0] ?? '', all: blocks(part) }))
  .filter(({ all }) => all.some(({ name }) => name === 'old version'))
  .map(({ title, all }) => {
    const statementsOf = (version: Version) => {
      const block = all.find(({ name }) => name === `${version} version`)?.text
      return block
        ?.replace(/^--.*\n/, '')
        .trim()
        .split(/;\n?(?=\w|$)/)
        .filter(Boolean)
    }
    const [before, after] = [statementsOf('old'), statementsOf('new')]
    return {
      title,
      files: Object.fromEntries(all.filter(({ name }) => name.endsWith('.sql')).map(({ name, text }) => [name, text])),
      statements: { ...(before && { old: before }), ...(after && { new: after }) },
    }
  })

/** What the statements of a change take and return. */
type Kind = {
  readonly table: string
  /** Where the rows are at the end. */
  readonly kept?: string
  /** What an insert takes before the values. */
  readonly also?: Values
  readonly value: (n: number, by: Version) => Values
  /** The values as this version reads them. */
  readonly seen?: (values: Values, by: Version) => Values
  /** How the server refuses the old version at the end, and which of its statements. */
  readonly refused: string
  readonly refuses?: (values: Values) => boolean
  /** Whether the new version reads right before the backfill is done. */
  readonly oneUpgrade?: boolean
}

const kinds: Readonly<Record<string, Kind>> = {
  'Rename a column': { table: 'customers', value: (n) => [`name ${n}`], refused: '42703' },
  'Change the type of a column': {
    table: 'files',
    value: (n, by) => [by === 'new' && n % 3 === 0 ? 3_000_000_000 + n : n],
    seen: ([size], by) => [by === 'old' ? Math.min(Number(size), 2_147_483_647) : Number(size)],
    refused: '42703',
  },
  'Split a table': {
    table: 'customers',
    also: ['someone@example.com'],
    value: (n) => (n % 5 === 0 ? [null, null] : n % 7 === 0 ? [`street ${n}`, null] : [`street ${n}`, `city ${n}`]),
    refused: '42703',
  },
  'Make a column NOT NULL': {
    table: 'orders',
    also: [5],
    value: (n) => [n % 3 === 0 ? null : `country ${n}`],
    seen: ([country]) => [country ?? 'unknown'],
    refused: '23502',
    refuses: ([country]) => country === null,
    oneUpgrade: true,
  },
  'Drop a table': {
    table: 'page_views',
    kept: 'page_views_unused',
    value: (n) => [`/page/${n}`],
    refused: '42P01',
    oneUpgrade: true,
  },
}

const filesUntil = ({ files }: Change, upgrade: 0 | 1 | 2): Record<string, string> =>
  Object.fromEntries(Object.entries(files).filter(([name]) => Number(name[1]) <= upgrade))
const contractsOf = ({ files }: Change): readonly string[] =>
  Object.entries(files)
    .filter(([, text]) => text.includes('phase contract') && !text.includes('lotse: compatible'))
    .map(([name]) => name.replace('.sql', ''))

/** Rows that are there before anything changes: several batches. */
const amount = 1_000

/** Sends what the versions send, keeps what has to be there, and compares what they read with it. */
async function traffic(change: Change, kind: Kind, { connect, query }: TestDatabase) {
  const clients: Record<Version, pg.Client> = { old: await connect(), new: await connect() }
  const rows = new Map<string, Values>()
  const random = randomFrom(7)
  const seen = kind.seen ?? ((values) => values)
  let n = 0
  const send = async (by: Version, which: number, values: Values): Promise<Values[]> => {
    const text = change.statements[by]?.[which] ?? ''
    expect(text, `${change.title}, ${by} version`).not.toBe('')
    return (await clients[by].query({ name: `s${which}`, text, values: [...values], rowMode: 'array' })).rows
  }
  const insert = async (by: Version): Promise<void> => {
    const values = kind.value(n++, by)
    const [row] = await send(by, 0, [...(kind.also ?? []), ...values])
    rows.set(String(row?.[0]), values)
  }
  const some = (): string => [...rows.keys()][Math.floor(random() * rows.size)] ?? ''
  const expectRead = async (by: Version, id: string): Promise<void> => {
    const values = rows.get(id) ?? []
    const [row = values.map(() => null)] = await send(by, 2, [id])
    const same = (each: Values) => each.map((value) => (typeof value === 'number' ? String(value) : value))
    expect(same(row), `${change.title}: what the ${by} version reads of row ${id}`).toEqual(same(seen(values, by)))
  }
  return {
    send,
    insert,
    expectRead,
    rows,
    /** An insert, an update, a read, and perhaps a delete. Nobody touches the row that is held. */
    round: async (by: Version, reads: boolean, held?: string): Promise<void> => {
      await insert(by)
      for (const which of ['update', 'read', 'delete'] as const) {
        const id = some()
        if (id === held) continue
        if (which === 'update') {
          const values = kind.value(n++, by)
          await send(by, 1, [id, ...values])
          rows.set(id, values)
        } else if (which === 'read' && reads) await expectRead(by, id)
        else if (which === 'delete' && change.statements[by]?.[3] && random() < 0.2) {
          await send(by, 3, [id])
          rows.delete(id)
        }
      }
    },
    /** Every row is there and right, as this version reads it. */
    expectAll: async (by: Version): Promise<void> => {
      for (const id of rows.keys()) await expectRead(by, id)
      expect(await query(`select count(*)::int as n from ${kind.table}`)).toEqual([{ n: rows.size }])
    },
  }
}

/**
 * Runs `lotse finish` while these versions read and write, and somebody holds a row in the middle for a while, so that they do it half-way
 * through a backfill, or while the contract waits. The old version may be refused once a contract migration is applied, and not before.
 */
async function finishUnder(
  change: Change,
  kind: Kind,
  database: TestDatabase,
  env: Record<string, string>,
  sent: Awaited<ReturnType<typeof traffic>>,
  versions: readonly Version[],
): Promise<void> {
  const holder = await database.connect()
  const held = [...sent.rows.keys()][Math.floor(amount / 2)] ?? ''
  const run = start(['finish'], env)
  let over = false
  const ended = run.ended.finally(() => {
    over = true
  })
  await holder.query('begin')
  await holder.query(`select from ${kind.table} where id = $1 for update`, [held])
  const names = contractsOf(change)
  const contracted = async (): Promise<boolean> =>
    (await database.query('select from lotse_history where name = any ($1)', [names])).length > 0
  const out = new Set<Version>()
  const rounds = async (): Promise<void> => {
    for (const by of versions) {
      if (out.has(by)) continue
      await sent.round(by, true, held).catch(async (error) => {
        if (by === 'new' || !(await contracted())) throw error
        out.add(by)
      })
    }
  }
  const half = /holding: other sessions hold locks|Rolled back; retrying/
  const goOn = (): boolean => !over && out.size < versions.length
  while (goOn() && !half.test(run.output())) await rounds()
  for (let each = 0; each < 20; each++) await rounds()
  await holder.query('rollback')
  while (goOn()) await rounds()
  const { code, output } = await ended
  expect(code, output).toBe(0)
}

test('the page has a change for each of these, and each of its blocks is a file, what a version sends, or beside the point', () => {
  expect(changes.map(({ title }) => title)).toEqual(Object.keys(kinds))
  const odd = blocks(page).filter(({ name }) => !/^\d{3}_\w+\.sql$|^(old|new) version$/.test(name))
  expect(odd).toEqual([])
})

describe.each(changes)('$title', (change) => {
  const { title, statements } = change
  const kind = kinds[title] as Kind
  const versions = Object.keys(statements) as Version[]
  const folder = (upgrade: 0 | 1 | 2): string => migrationsFolder(filesUntil(change, upgrade))
  const upgrades = Object.keys(change.files).some((name) => name.startsWith('02')) ? ([1, 2] as const) : ([1] as const)

  test('both versions run while it goes on, no row is lost or wrong, and the old one is refused at the end', {
    timeout: 180_000,
  }, async () => {
    const database = await freshDatabase()
    const env = { DATABASE_URL: database.url }
    const at = (upgrade: 0 | 1 | 2) => ({ ...env, LOTSE_MIGRATIONS: folder(upgrade) })
    const expectUp = async (upgrade: 0 | 1 | 2): Promise<void> => {
      const up = await lotse(['up'], at(upgrade))
      expect(up.code, up.output).toBe(0)
    }
    await expectUp(0)
    const sent = await traffic(change, kind, database)
    for (let each = 0; each < amount; each++) await sent.insert('old')
    const first = kind.oneUpgrade ? versions : (['old'] as const)
    await expectUp(1)
    for (let each = 0; each < 30; each++) for (const by of first) await sent.round(by, true)
    for (const by of first) await sent.expectAll(by)
    await expectUp(0)
    if (!kind.oneUpgrade) {
      const early = await lotse(['up'], at(2))
      expect([early.code, early.terminationMessage]).toEqual([
        23,
        expect.stringContaining('which runs only after a rollout'),
      ])
    }
    await finishUnder(change, kind, database, at(1), sent, first)
    if (!kind.oneUpgrade) {
      await sent.expectAll('old')
      await expectUp(0)
      await expectUp(2)
      for (let each = 0; each < 30; each++) for (const by of versions) await sent.round(by, true)
      for (const by of versions) await sent.expectAll(by)
      await expectUp(1)
      await finishUnder(change, kind, database, at(2), sent, versions)
    }
    if (statements.new) await sent.expectAll('new')
    else {
      const kept = await database.query(`select id, path from ${kind.kept} order by id`)
      expect(new Map(kept.map(({ id, path }) => [id, [path]]))).toEqual(sent.rows)
    }
    const [id = ''] = sent.rows.keys()
    for (const [which, sql] of (statements.old ?? []).entries()) {
      const values = kind.refuses ? [null] : kind.value(1, 'old')
      const given = [[...(kind.also ?? []), ...values], [id, ...values], [id]][Math.min(which, 2)] ?? []
      if (kind.refuses ? which < 2 : which < 3)
        await expect(sent.send('old', which, given), sql).rejects.toMatchObject({ code: kind.refused })
    }
    const back = await lotse(['up'], at(kind.oneUpgrade ? 0 : 1))
    expect([back.code, back.terminationMessage]).toEqual([23, expect.stringContaining('is breaking')])
  })

  test('the check has nothing to say against the files, or it is accepted with a reason', async () => {
    for (const upgrade of upgrades) {
      const known =
        Object.keys(filesUntil(change, (upgrade - 1) as 0 | 1))
          .at(-1)
          ?.replace('.sql', '') ?? ''
      const args = ['check', '--no-database', '--since', known, '--level', 'note', '--output', 'json']
      const { code, output } = await lotse(args, { LOTSE_MIGRATIONS: folder(upgrade) })
      expect(code, output).toBe(0)
      expect(JSON.parse(output).findings, output).toEqual([])
    }
  })

  if (title === 'Rename a column')
    test('a small table is filled before the rollout, by the same files in one upgrade', async () => {
      const filled = change.files['011_fill_name.sql'] ?? ''
      const whole = filled.replace('-- lotse: backfill customers(id)\n', '').replace('id between $1 and $2 and ', '')
      expect(whole).toMatch(/^-- 011_fill_name.sql\nupdate customers set name = full_name where name is null;\n$/)
      const files = { ...change.files, '011_fill_name.sql': whole }
      const database = await freshDatabase()
      const env = { DATABASE_URL: database.url, LOTSE_MIGRATIONS: folder(0) }
      expect((await lotse(['up'], env)).code).toBe(0)
      const sent = await traffic(change, kind, database)
      for (let each = 0; each < 100; each++) await sent.insert('old')
      const next = { ...env, LOTSE_MIGRATIONS: migrationsFolder(files) }
      const check = await lotse(['check', '--level', 'note'], next)
      expect(check.output).toContain('Judged 5 migrations: no findings.')
      const up = await lotse(['up'], next)
      expect(up.output).toContain('1 waits for lotse finish: 022_drop_full_name (contract)')
      for (let each = 0; each < 10; each++) for (const by of versions) await sent.round(by, true)
      for (const by of versions) await sent.expectAll(by)
    })

  if (title === 'Drop a table')
    test('put aside, it comes back by hand; the later upgrade drops it', async () => {
      const { url, query } = await freshDatabase()
      const at = (upgrade: 0 | 1 | 2) => ({ DATABASE_URL: url, LOTSE_MIGRATIONS: folder(upgrade) })
      for (const [verb, upgrade] of [
        ['up', 0],
        ['up', 1],
        ['finish', 1],
      ] as const)
        expect((await lotse([verb], at(upgrade))).code).toBe(0)
      expect((await lotse(['up'], at(0))).code).toBe(23)
      const [command = ''] = /\["repair".*?\]/.exec(page) ?? []
      await query('alter table page_views_unused rename to page_views')
      expect((await lotse(JSON.parse(command), at(1))).code).toBe(0)
      expect((await lotse(['up'], at(0))).code).toBe(0)
      for (const verb of ['up', 'finish']) expect((await lotse([verb], at(2))).code).toBe(0)
      expect(await query(`select from pg_class where relname like 'page_views%' and relkind = 'r'`)).toEqual([])
    })

  test('an empty database gets all of it at once, and the new version runs on it', async () => {
    const database = await freshDatabase()
    const run = await lotse(['up'], { DATABASE_URL: database.url, LOTSE_MIGRATIONS: folder(2) })
    expect(run.code, run.output).toBe(0)
    if (!statements.new) return
    const sent = await traffic(change, kind, database)
    for (let each = 0; each < 10; each++) await sent.round('new', true)
    await sent.expectAll('new')
  })
})
