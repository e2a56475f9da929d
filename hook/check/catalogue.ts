import type { RangeVar } from '@pgsql/types'
import { codeOf } from '../database/errors.ts'
import type { AskingSession } from '../database/session.ts'
import { queryFor } from './catalogue-query.ts'
import type { Named } from './named-objects.ts'
import { type Constraint, type Facts, keyOf, nothingKnown, shownName, type Table } from './rules/facts.ts'

/**
 * Reads what the catalogue knows of everything that pending statements name, in one query. Waits for no table. Changes nothing.
 */
export async function readFacts(session: AskingSession, named: readonly Named[]): Promise<Facts> {
  const asked = {
    relations: distinct(named.flatMap(({ relations }) => relations)),
    types: distinct(named.flatMap(({ types }) => types)),
    functions: [...new Set(named.flatMap(({ functions }) => functions))],
    schemas: [...new Set(named.flatMap(({ schemas }) => schemas))],
  }
  const read = async (patient: boolean): Promise<Answer> => {
    const results = await session.queries(
      `set local jit = off; set local lock_timeout = '200ms'; set local statement_timeout = '30s'; ${queryFor(asked, patient)}`,
    )
    return results.at(-1)?.rows[0].facts
  }
  const answer = await read(true).catch((error) => {
    if (codeOf(error) !== '55P03') throw error
    return read(false)
  })
  return factsOf(answer)
}

function distinct(names: readonly RangeVar[]): RangeVar[] {
  return [...new Map(names.map((each) => [`${each.schemaname ?? ''}.${each.relname}`, each])).values()]
}

type Name = string | null
type Answer = {
  readonly version: number
  readonly timeZone: string
  readonly schema: string
  readonly slots: Facts['slots']
  readonly publishing: Facts['publishing']
  readonly tables: readonly TableAnswer[]
  /** Schema and name as asked, the table's key, and whether the name is an index of it. */
  readonly asked: readonly [Name, string, string, boolean][]
  readonly types: readonly [Name, string, string, boolean, string[]][]
  readonly functions: readonly [string, string][]
  readonly schemas: readonly string[]
}
type TableAnswer = {
  readonly key: string
  readonly kind: string
  readonly heapBytes: number | null
  readonly bytes: number | null
  readonly indexBytes: number | null
  readonly rows: number | null
  readonly columns: readonly { name: string; type: string; modifier: number; notNull: boolean; hasDefault: boolean }[]
  readonly indexes: Table['indexes']
  readonly constraints: readonly (Omit<Constraint, 'target' | 'proves'> & {
    target: string | null
    text: string | null
  })[]
  readonly referencedBy: string[]
  readonly parent: string | null
  readonly defaultPartition: string | null
  readonly partitionKey: string | null
  readonly publications: string[]
  readonly replicaIdentity: string
  readonly rowSecurity: boolean
  readonly sourceBytes: number | null
  readonly listed: Table['listed']
  readonly usedBy: Table['usedBy'] | null
}

function factsOf({
  version,
  timeZone,
  schema,
  slots,
  publishing,
  tables,
  asked,
  types,
  functions,
  schemas,
}: Answer): Facts {
  const known = new Map(tables.map((each) => [each.key, tableFrom(each, schema)]))
  const named = { schema }
  const aliases = asked
    .filter(([, , , isIndex]) => !isIndex)
    .flatMap(([of, name, key]): [string, Table][] => {
      const table = known.get(key)
      return table ? [[keyOf(named, of ?? undefined, name), table]] : []
    })
  return {
    online: true,
    version,
    timeZone,
    schema,
    slots,
    publishing,
    tables: new Map([...known, ...aliases]),
    indexes: new Map(
      asked.filter(([, , , isIndex]) => isIndex).map(([of, name, key]) => [keyOf(named, of ?? undefined, name), key]),
    ),
    types: new Map(
      types.map(([of, name, kind, constrained, usedBy]) => [
        keyOf(named, of ?? undefined, name),
        { kind, constrained, usedBy, fresh: false },
      ]),
    ),
    functions: new Map(functions),
    usedSchemas: new Set(schemas),
  }
}

function tableFrom(answer: TableAnswer, schema: string): Table {
  return {
    ...nothingKnown,
    ...answer,
    name: shownName(schema, answer.key),
    state: 'known',
    heapBytes: answer.heapBytes ?? undefined,
    bytes: answer.bytes ?? undefined,
    indexBytes: answer.indexBytes ?? undefined,
    rows: answer.rows ?? undefined,
    columns: new Map(
      answer.columns.map(({ name, type, modifier, notNull, hasDefault }) => [
        name,
        { type, modifiers: modifiersOf(type, modifier), notNull, hasDefault },
      ]),
    ),
    constraints: answer.constraints.map(({ target, text, ...each }) => ({
      ...each,
      target: target ?? undefined,
      proves: text === null ? [] : provenBy(text),
    })),
    parent: answer.parent ?? undefined,
    defaultPartition: answer.defaultPartition ?? undefined,
    partitionKey: answer.partitionKey ?? undefined,
    usedBy: answer.usedBy ?? undefined,
    sourceBytes: answer.sourceBytes ?? undefined,
  }
}

/** A type's modifiers as they are written, from pg_attribute.atttypmod (utils/adt/varchar.c, numeric.c, timestamp.c). */
function modifiersOf(type: string, modifier: number): readonly number[] {
  if (modifier < 0) return []
  switch (type) {
    case 'varchar':
    case 'bpchar':
      return [modifier - 4]
    case 'numeric':
      return [((modifier - 4) >> 16) & 0xffff, (modifier - 4) & 0x7ff]
    default:
      return [modifier]
  }
}

/** Columns that the text of a CHECK proves not null, as pg_get_constraintdef writes it. */
function provenBy(text: string): readonly string[] {
  if (/\bOR\b|\bCASE\b|\bNOT \(/.test(text)) return []
  return [...text.matchAll(/(?:"((?:[^"]|"")+)"|([\w$]+)) IS NOT NULL/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  )
}
