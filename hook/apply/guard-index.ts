import { setTimeout as delay } from 'node:timers/promises'
import { describeProcess } from '../database/blockers.ts'
import { identifier } from '../database/table.ts'
import { Failure } from '../failure.ts'
import type { Guard } from './guards.ts'
import { dropIndex, type Index, indexesWhere } from './indexes.ts'
import { relationName } from './relation.ts'
import type { Run } from './run.ts'
import type { Node } from './statements.ts'

/**
 * CREATE INDEX CONCURRENTLY leaves an invalid index when it is interrupted: writes maintain it, no query uses it, and
 * IF NOT EXISTS takes it for built (PostgreSQL docs, CREATE INDEX, "Building Indexes Concurrently"). It is dropped and built anew.
 */
export function guardIndexBuild({ idxname, relation }: Node): Guard {
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
