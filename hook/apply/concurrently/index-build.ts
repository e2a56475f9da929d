import { setTimeout as delay } from 'node:timers/promises'
import type { DropStmt, IndexStmt } from '@pgsql/types'
import { describeProcess } from '../../database/blockers.ts'
import { Failure } from '../../failure.ts'
import { relationName } from '../../sql/kinds.ts'
import type { Tree } from '../../sql/parse.ts'
import { identifier } from '../../sql/quote.ts'
import type { Resumption, Run } from './resumption.ts'

/**
 * CREATE INDEX CONCURRENTLY leaves an invalid index when it is interrupted: writes maintain it, no query uses it, and
 * IF NOT EXISTS counts it as built (PostgreSQL docs, CREATE INDEX, "Building Indexes Concurrently"). Lotse drops and rebuilds it.
 */
export function resumeIndexBuild({ idxname = '', relation }: IndexStmt): Resumption {
  const find = async (run: Run): Promise<Index | undefined> =>
    (await indexesWhere(run, `c.relname = $1 and i.indrelid = to_regclass($2)`, [idxname, relationName(relation)]))[0]
  return {
    blocksQueries: false,
    before: async (run, again) => {
      const index = await untilNotBuilding(run, () => find(run))
      if (index?.valid) return again ? 'done' : 'run'
      if (index) await dropIndex(run, index)
      return 'run'
    },
    after: async (run) => {
      const index = await find(run)
      if (!index) throw notThere(idxname, relationName(relation))
      if (!index.valid) throw stillInvalid(index.name)
    },
  }
}

/** An interrupted DROP INDEX CONCURRENTLY leaves the index invalid, and dropping it again finishes it. */
export function resumeIndexDrop({ objects = [] }: DropStmt): Resumption {
  const [first]: readonly Tree[] = objects
  const names = (first?.List?.items ?? []).map((each: Tree) => each.String?.sval ?? '')
  const name = identifier(names)
  return {
    blocksQueries: false,
    before: async ({ session }, again) => {
      const { rows } = await session.query('select to_regclass($1) is null as gone', [name])
      return again && rows[0].gone ? 'done' : 'run'
    },
    after: async () => {},
  }
}

/**
 * Waits while somebody else builds the index: dropping it then would only wait for them, or undo their work. Says who it is, since a
 * VACUUM holds the same lock and may take hours. Throws MigrationFailed that says so too when the signal aborts.
 */
export async function untilNotBuilding(run: Run, find: () => Promise<Index | undefined>): Promise<Index | undefined> {
  for (let told = 0; ; ) {
    const index = await find()
    if (!index || index.valid || index.builder === null) return index
    const blockers = await describeProcess(run.session, index.builder)
    if (told !== index.builder) run.emit({ event: 'index.waiting', index: index.name, blockers })
    told = index.builder
    await delay(1_000, undefined, { signal: run.session.signal }).catch(() => {
      throw notFree(index.name, blockers)
    })
  }
}

function notFree(name: string, blockers: readonly string[]): Failure {
  return new Failure('MigrationFailed', {
    summary: `index ${name} is invalid and could not be rebuilt: other sessions held its table until the time limit`,
    details: blockers,
    state: ['The history does not mark it as done.'],
    remedy: 'end those sessions or wait for them, then retry',
  })
}

function notThere(name: string, table: string): Failure {
  return new Failure('MigrationFailed', {
    summary: `index ${name} is not on ${table}: another relation already has this name, so IF NOT EXISTS skipped the build`,
    state: ['The history does not mark it as done.'],
    remedy: 'give the index a different name',
  })
}

function stillInvalid(name: string): Failure {
  return new Failure('MigrationFailed', {
    summary: `index ${name} was built but is not valid`,
    state: ['The history does not mark it as done.'],
    remedy: 'retry: Lotse drops an invalid index and rebuilds it',
  })
}

/** An index of the catalogue: its name as quoted SQL, and the process that may be building it. */
export type Index = { readonly name: string; readonly valid: boolean; readonly builder: number | null }

/**
 * An invalid index was left by a build that was interrupted, or one goes on elsewhere: that one holds a ShareUpdateExclusiveLock on
 * the table, which every role may see in pg_locks, while pg_stat_progress_create_index hides other roles' builds.
 */
const indexSql = `
  select format('%I.%I', n.nspname, c.relname) as name, i.indisvalid as valid,
         (select min(l.pid) from pg_locks l where l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock' and l.granted
             and l.pid <> pg_backend_pid() and l.database = (select oid from pg_database where datname = current_database()))
           as builder
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'i' and `

/** The indexes that fulfil a condition on c (pg_class) and i (pg_index). */
export async function indexesWhere({ session }: Run, condition: string, values: readonly unknown[]): Promise<Index[]> {
  return (await session.query(indexSql + condition, [...values])).rows
}

/** Drops an index that an interrupted build left invalid, and logs it. */
export async function dropIndex({ session, emit }: Run, { name }: Index): Promise<void> {
  emit({ event: 'index.repaired', index: name })
  await session.query(`drop index concurrently if exists ${name}`)
}
