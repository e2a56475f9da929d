import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { eachPiece } from '../../../hook/sql/split.ts'
import type { Entry } from './corpus.ts'
import { largeTables, oldStatements } from './old-version.ts'

/**
 * What a server says a file does: `harm` is why it is harmful, empty when it is not. `locked` are large tables that it keeps from
 * writers or readers without any work under the lock.
 */
export type Facts = { readonly harm: readonly string[]; readonly locked: readonly string[] }

/** Rows that a file changes or reads from which on it is many, in the small copy of a large table, which has a thousand. */
const many = 500

type Relation = {
  readonly oid: number
  readonly name: string
  readonly file: string
  readonly indexes: readonly string[]
  readonly reads: number
  readonly changes: number
  readonly kind: string
  readonly lock: number
}

/** Lock modes by strength; those from SHARE on block writers. */
const [share, exclusive] = [5, 8]
const state = `select c.oid::int, c.relname as name, coalesce(pg_relation_filenode(c.oid)::text, '') as file,
  array(select pg_relation_filenode(i.indexrelid)::text from pg_index i where i.indrelid = c.oid and pg_relation_filenode(i.indexrelid) is not null) as indexes,
  coalesce(s.seq_tup_read, 0)::int as reads, coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0)::int as changes, c.relkind as kind,
  coalesce((select max(array_position('{AccessShareLock,RowShareLock,RowExclusiveLock,ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}', l.mode))
     from pg_locks l where l.pid = pg_backend_pid() and l.granted and l.relation = c.oid), 0) as lock
  from pg_class c left join pg_stat_xact_user_tables s on s.relid = c.oid
 where c.relkind in ('r', 'p', 'm') and c.relnamespace = 'public'::regnamespace order by c.oid`

/** Runs a file on a small copy of the database, in a transaction that is rolled back, or on a copy of its own. */
export async function factsOf(admin: pg.Client, client: pg.Client, template: string, entry: Entry): Promise<Facts> {
  if (entry.transaction) {
    await client.query('begin')
    try {
      return await observed(client, entry, () => client.query(entry.sql))
    } finally {
      await client.query('rollback')
    }
  }
  const name = `copy_${randomBytes(6).toString('hex')}`
  await client.query('select pg_stat_force_next_flush()').catch(() => {})
  await admin.query(`create database ${name} template ${template}`)
  const own = new pg.Client(Object.assign(new URL(urlOf(admin)), { pathname: `/${name}` }).href)
  await own.connect()
  try {
    return await observed(own, entry, async () => {
      for (const { sql } of eachPiece(entry.sql)) await own.query(sql)
    })
  } finally {
    await own.end()
    await admin.query(`drop database ${name} with (force)`)
  }
}

function urlOf({ host, port, user }: pg.Client): string {
  return `postgresql://${user}@${host}:${port}`
}

async function observed(client: pg.Client, entry: Entry, run: () => Promise<unknown>): Promise<Facts> {
  const large = new Set(largeTables[entry.application])
  const columns = await selectsOf(client)
  const counts = await countsOf(client, columns)
  const before: Relation[] = (await client.query(state)).rows
  try {
    await run()
  } catch (error) {
    return { harm: [`fails: ${(error as Error).message}`], locked: [] }
  }
  const after = new Map<number, Relation>((await client.query(state)).rows.map((row: Relation) => [row.oid, row]))
  const works = before.flatMap((was) => {
    const is = after.get(was.oid)
    if (!is) return []
    const rewritten = is.file !== was.file
    const built = is.indexes.some((each) => !was.indexes.includes(each))
    const scanned = is.reads - was.reads >= many
    const changed = is.changes - was.changes >= many
    // Nobody writes to a materialized view.
    const lock = was.kind === 'm' && is.lock < exclusive ? 0 : is.lock
    return [{ name: was.name, lock, rewritten, built, scanned, changed, isLarge: large.has(was.name) }]
  })
  const heavy = works.filter((each) => each.isLarge && (each.rewritten || each.built || each.scanned || each.changed))
  const everybody = works.filter(({ lock }) => lock >= exclusive).map(({ name }) => name)
  const blocks = heavy.flatMap(({ name, lock, ...work }) => {
    const what = ['rewritten', 'built', 'scanned', 'changed'].filter((each) => work[each as 'built'])
    // Outside of a transaction no lock is left to be seen; only VACUUM FULL and REINDEX give a table or its indexes new files there.
    if (!entry.transaction)
      return work.rewritten || (work.built && /reindex (?!.*concurrently)/i.test(entry.sql)) ? [`${name} ${what}`] : []
    if (lock >= share) return [`${name} ${what} under lock ${lock}`]
    return everybody.length > 0 ? [`${name} ${what} while ${everybody} is locked`] : []
  })
  const bulk = heavy
    .filter(({ changed }) => changed)
    .map(({ name }) => `many rows of ${name} changed in one transaction`)
  const broken = await brokenBy(client, entry, columns, counts, before, after)
  return {
    harm: [...blocks, ...bulk, ...broken],
    locked: works.filter(({ isLarge, lock }) => isLarge && lock >= share).map(({ name, lock }) => `${name} ${lock}`),
  }
}

/** The old version's statements: it reads every column of every relation, writes rows, calls functions. */
async function selectsOf(client: pg.Client): Promise<Map<string, string>> {
  const { rows } =
    await client.query(`select c.relname as name, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   where c.relkind in ('r', 'p', 'm', 'v') and c.relnamespace = 'public'::regnamespace group by c.oid, c.relname`)
  return new Map(rows.map(({ name, columns }) => [name, columns]))
}

/** Rows of each relation, and values in them that are not null. */
function count(name: string, columns: string): string {
  const values = columns.split(', ').map((each) => `count(${each})`)
  return `select count(*)::int as rows, (${values.join(' + ')})::int as values from "${name}"`
}

type Count = { readonly rows: number; readonly values: number }

async function countsOf(client: pg.Client, selects: ReadonlyMap<string, string>): Promise<Map<string, Count>> {
  const counts = new Map<string, Count>()
  for (const [name, columns] of selects) counts.set(name, (await client.query(count(name, columns))).rows[0])
  return counts
}

async function brokenBy(
  client: pg.Client,
  { application, transaction, sql: file }: Entry,
  selects: ReadonlyMap<string, string>,
  counts: ReadonlyMap<string, Count>,
  before: readonly Relation[],
  after: ReadonlyMap<number, Relation>,
): Promise<string[]> {
  const broken: string[] = []
  if (!transaction) await client.query('begin')
  const attempt = async (sql: string): Promise<pg.QueryResult | undefined> => {
    await client.query('savepoint old; set local role app')
    try {
      return await client.query(sql)
    } catch (error) {
      broken.push(`the old version fails: ${(error as Error).message}`)
      return undefined
    } finally {
      await client.query('rollback to old')
    }
  }
  for (const [name, columns] of selects) {
    const is: Count | undefined = (await attempt(count(name, columns)))?.rows[0]
    const [relation, was] = [before.find((each) => each.name === name), counts.get(name)]
    // What a file deletes or detaches it means to; a view shows what its tables lost.
    const meant = !relation || after.get(relation.oid)?.changes !== relation.changes || /detach/i.test(file)
    if (is && was && !meant && (is.rows < was.rows || is.values < was.values)) broken.push(`values of ${name} are gone`)
  }
  for (const sql of oldStatements[application]) await attempt(sql)
  if (!transaction) await client.query('rollback')
  return broken
}
