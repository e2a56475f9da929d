import type { Observed, Observer } from '../../apply/work.ts'
import type { Session } from '../../database/session.ts'
import type { Migration } from '../../migration/migration.ts'
import type { HeldLock, TracedMigration, TracedStatement } from '../../migration/trace.ts'
import { publicQuery, withoutSecrets } from '../../sql/mask.ts'
import { locate } from '../../sql/place.ts'
import { changesOf, rootOf } from './changes.ts'
import { sampleLocks } from './lock-samples.ts'
import { type Look, lockModes, look, type Relation, strongest } from './look.ts'

/** Notes what a run does to a database, statement by statement: an observer of the engine's own apply. */
export type Tracer = {
  readonly observer: Observer
  /** What was seen so far; `done` are the migrations that were applied. */
  readonly seen: (done: ReadonlySet<string>) => readonly TracedMigration[]
}

type Noted = {
  readonly migration: Migration
  /** Milliseconds of its statements so far: what looking at them took is left out. */
  clock: number
  /** The same when it last committed. */
  committed: number
  readonly kept: TracedStatement[]
  /** Of the open transaction. */
  open: TracedStatement[]
  readonly locks: HeldLock[]
  held: Map<number, HeldLock>
}

export function makeTracer(): Tracer {
  const noted = new Map<string, Noted>()
  /** What was there before the run, and what is there now. */
  let base: ReadonlySet<number> | undefined
  const known = new Map<number, Relation>()
  let current: Noted | undefined
  let inTransaction = false
  let wal = 0

  const noteOf = (migration: Migration): Noted => {
    const note = noted.get(migration.name) ?? {
      migration,
      clock: 0,
      committed: 0,
      kept: [],
      open: [],
      locks: [],
      held: new Map(),
    }
    noted.set(migration.name, note)
    current = note
    return note
  }
  const take = (seen: Look, all: boolean): void => {
    if (all) known.clear()
    for (const [oid, relation] of seen.relations) if (relation.key !== undefined) known.set(oid, relation)
    base ??= new Set(known.keys())
    wal = seen.wal
  }
  const close = (note: Noted): void => {
    note.locks.push(...[...note.held.values()].map((lock) => ({ ...lock, to: note.clock })))
    note.held = new Map()
  }
  const isFresh = (oid: number): boolean => !base?.has(oid)

  const watch = async (session: Session, observed: Observed, perform: () => Promise<void>): Promise<void> => {
    const { migration, offset, sql, alone } = observed
    const note = noteOf(migration)
    if (alone || !inTransaction) take(await looked(session, true, alone), true)
    inTransaction = !alone
    const before = { relations: new Map(known), wal }
    const from = note.clock
    const started = performance.now()
    let elapsed = 0
    const timed = async (): Promise<void> => {
      try {
        await perform()
      } finally {
        elapsed = performance.now() - started
        note.clock += elapsed
      }
    }
    const add = (part: Pick<TracedStatement, 'failed' | 'tables' | 'wal'>): void => {
      const statement = { ...shown(observed), from, elapsed, alone, ...part }
      // Of a statement that is tried again, the last attempt counts.
      const list = alone ? note.kept : note.open
      if (list.at(-1)?.failed && list.at(-1)?.offset === offset) list.pop()
      list.push(statement)
      if (alone) note.committed = note.clock
    }
    try {
      if (alone) {
        const samples = await sampleLocks(session, timed)
        const byKey = new Map([...before.relations.values()].map((each) => [each.key, each]))
        for (const { key, mode, from: start, to } of samples) {
          const relation = byKey.get(key)
          if (relation && !isFresh(relation.oid))
            note.locks.push({
              table: key,
              ...rootOf(relation, known),
              mode,
              statement: note.kept.length,
              from: from + start,
              to: from + to,
            })
        }
      } else await timed()
    } catch (error) {
      add({ failed: true, tables: [], wal: 0 })
      throw error
    }
    const after = await looked(session, alone, alone)
    add({ failed: false, tables: changesOf(sql, before, after, alone, known, isFresh), wal: after.wal - before.wal })
    take(after, alone)
    if (!alone) holdLocks(note, after, before, known, from, isFresh)
  }

  return {
    observer: {
      begun: (migration) => {
        const note = noteOf(migration)
        note.open = []
        note.held = new Map()
        note.clock = note.committed
        inTransaction = false
      },
      watch,
      committed: () => {
        inTransaction = false
        if (!current) return
        current.kept.push(...current.open)
        current.open = []
        current.committed = current.clock
        close(current)
      },
    },
    seen: (done) =>
      [...noted.values()].map((note) => {
        close(note)
        const statements = [...note.kept, ...note.open]
        const { name, file, directives } = note.migration
        return {
          migration: name,
          file,
          transaction: directives.transaction,
          applied: done.has(name),
          elapsed: statements.reduce((sum, { elapsed }) => sum + elapsed, 0),
          statements,
          locks: note.locks,
        }
      }),
  }
}

/** Of a statement outside of a transaction, the server's counters tell, which since PostgreSQL 15 can be had at once. */
async function looked(session: Session, all: boolean, alone: boolean): Promise<Look> {
  if (alone && session.major >= 15) await session.query('select pg_stat_force_next_flush()')
  return look(session, all, alone ? 'server' : 'transaction')
}

function shown({ migration, offset, sql }: Observed): Pick<TracedStatement, 'sql' | 'place' | 'offset'> {
  if (offset === undefined) return { sql: cut(publicQuery(sql)), place: undefined, offset }
  const { line, column } = locate(migration.text, offset)
  return { sql: cut(withoutSecrets(sql).replaceAll(/\s+/g, ' ')), place: { line, column }, offset }
}

const widest = 100

function cut(text: string): string {
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text
}

/** The locks that a transaction has now and had not before, the strongest of each table. */
function holdLocks(
  note: Noted,
  { relations }: Look,
  before: Look,
  known: ReadonlyMap<number, Relation>,
  from: number,
  isFresh: (oid: number) => boolean,
): void {
  for (const relation of relations.values()) {
    const { oid, key, kind, modes } = relation
    const mode = strongest(modes)
    const table = key ?? before.relations.get(oid)?.key
    if (!mode || !table || isFresh(oid) || ['i', 'I'].includes(kind)) continue
    const held = note.held.get(oid)
    if (held && lockModes.indexOf(held.mode) >= lockModes.indexOf(mode)) continue
    if (held) note.locks.push({ ...held, to: from })
    const statement = note.kept.length + note.open.length - 1
    note.held.set(oid, { table, ...rootOf(relation, known), mode, statement, from, to: from })
  }
}
