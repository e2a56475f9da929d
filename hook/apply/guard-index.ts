import { setTimeout as delay } from 'node:timers/promises'
import { describeProcess } from '../database/blockers.ts'
import { identifier } from '../database/table.ts'
import { Failure } from '../failure.ts'
import type { Guard } from './guards.ts'
import type { Run } from './run.ts'
import type { Node } from './statements.ts'

type Index = { readonly name: string; readonly valid: boolean; readonly builder: number | null }

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

/**
 * CREATE INDEX CONCURRENTLY leaves an invalid index when it is interrupted: writes maintain it, no query uses it, and
 * IF NOT EXISTS takes it for built (PostgreSQL docs, CREATE INDEX, "Building Indexes Concurrently"). It is dropped and built anew.
 */
export function guardIndexBuild({ idxname, relation }: Node): Guard {
  const find = async (run: Run): Promise<Index | undefined> =>
    (await indexes(run, `c.relname = $1 and i.indrelid = to_regclass($2)`, [idxname, relationName(relation)]))[0]
  return {
    blocksQueries: false,
    before: async (run, again) => {
      const index = await untilNotBuilding(run, () => find(run))
      if (index?.valid) return again ? 'done' : 'run'
      if (index) await drop(run, index)
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
export function guardIndexDrop({ objects }: Node): Guard {
  const names: string[] = (objects[0]?.List?.items ?? []).map((each: Node) => each.String.sval)
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
 * An interrupted REINDEX CONCURRENTLY leaves a copy named …_ccnew or …_ccold (PostgreSQL docs, REINDEX), on the table, on any of its
 * partitions, or on the TOAST table of one of them.
 */
export function guardReindex({ kind, relation, name }: Node): Guard {
  const ofIndex = 'select indrelid from pg_index where indexrelid = to_regclass($1)'
  const [tables, value] =
    kind === 'REINDEX_OBJECT_INDEX'
      ? [`${ofIndex} union select relid from pg_partition_tree((${ofIndex}))`, relationName(relation)]
      : kind === 'REINDEX_OBJECT_TABLE'
        ? ['select to_regclass($1) union select relid from pg_partition_tree(to_regclass($1))', relationName(relation)]
        : kind === 'REINDEX_OBJECT_SCHEMA'
          ? ['select c.oid from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = $1', name]
          : ['select oid from pg_class where $1 = $1', '']
  const on = `select oid from pg_class where oid in (${tables}) union select reltoastrelid from pg_class where oid in (${tables})`
  const leftovers = (run: Run): Promise<Index[]> =>
    indexes(run, `i.indrelid in (${on}) and not i.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$'`, [value])
  return {
    blocksQueries: false,
    before: async (run) => {
      for (const index of await leftovers(run)) if (index.builder === null) await drop(run, index)
      return 'run'
    },
    after: async () => {},
  }
}

async function indexes({ session }: Run, condition: string, values: readonly unknown[]): Promise<Index[]> {
  return (await session.query(indexSql + condition, [...values])).rows
}

/**
 * Waits while somebody else builds the index: dropping it then would only wait for them, or undo their work. Says who it is, since a
 * VACUUM holds the same lock and may take hours. Throws MigrationFailed that says so too when the signal aborts.
 */
async function untilNotBuilding(run: Run, find: () => Promise<Index | undefined>): Promise<Index | undefined> {
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

async function drop({ session, emit }: Run, { name }: Index): Promise<void> {
  emit({ event: 'index.repaired', index: name })
  await session.query(`drop index concurrently if exists ${name}`)
}

function notFree(name: string, blockers: readonly string[]): Failure {
  return new Failure('MigrationFailed', {
    summary: `the index ${name} is invalid, and its table was never free to drop it and build it anew`,
    details: blockers,
    state: ['It is not recorded as built.'],
    remedy: 'end what works on the table or wait for it, and run it again',
  })
}

function notThere(name: string, table: string): Failure {
  return new Failure('MigrationFailed', {
    summary: `the index ${name} is not on ${table}: something else has this name, and IF NOT EXISTS was content with that`,
    state: ['It is not recorded as built.'],
    remedy: 'give the index another name',
  })
}

function stillInvalid(name: string): Failure {
  return new Failure('MigrationFailed', {
    summary: `the index ${name} was built and is not valid`,
    state: ['It is not recorded as built.'],
    remedy: 'run it again; an invalid index is dropped and built anew',
  })
}

/** A relation of the parse tree as quoted SQL, for to_regclass. */
export function relationName({ schemaname, relname }: Node): string {
  return identifier([schemaname, relname].filter(Boolean))
}
