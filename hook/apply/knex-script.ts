import type { Session } from '../database/session.ts'
import { replaceQuoted } from '../sql/quote.ts'
import { withMembers } from './refuse-members.ts'

type Query = Session['query']
type Bindings = readonly unknown[] | Readonly<Record<string, unknown>> | string | number | boolean | null

const instead = 'write the SQL with knex.raw(sql, bindings)'

/** Runs a function that is written for knex: `knex.raw` and `knex.schema.raw` go to Lotse's session, anything else is an error. */
export async function runForKnex(run: (knex: unknown) => unknown, query: Query): Promise<void> {
  const raw = (sql: string, bindings?: Bindings): ReturnType<Query> => {
    const { text, values } = bind(sql, bindings)
    return query(text, values)
  }
  // knex.schema.raw(…).raw(…) runs one after the other.
  const schemaRaw = (sql: string, bindings?: Bindings): object => {
    const done = raw(sql, bindings)
    return Object.assign(done, { raw: schemaRaw })
  }
  const schema = withMembers('knex.schema', { raw: schemaRaw }, instead)
  await run(withMembers('knex', { raw, query, schema }, instead))
}

/**
 * knex's bindings as PostgreSQL's: `?` for a value and `??` for a name in an array, `:key` and `:key:` in an object; `\\?` is the sign
 * itself (knex docs, "Raw Parameter Binding").
 */
export function bind(sql: string, bindings?: Bindings): { readonly text: string; readonly values?: unknown[] } {
  if (bindings === undefined) return { text: sql }
  const values: unknown[] = []
  const value = (given: unknown): string => `$${values.push(given)}`
  const name = (given: unknown): string =>
    String(given)
      .split('.')
      .map((part) => (part === '*' ? part : `"${part.replaceAll('"', '""')}"`))
      .join('.')
  if (typeof bindings === 'object' && bindings !== null && !Array.isArray(bindings)) {
    const known = bindings as Readonly<Record<string, unknown>>
    const text = sql.replace(/\\:|(?<!:):(\w+)(:(?!:))?/g, (all, key: string, ends: string) => {
      if (all === '\\:') return ':'
      if (!(key in known)) return all
      return ends ? name(known[key]) : value(known[key])
    })
    return { text, values }
  }
  const list = [...(Array.isArray(bindings) ? bindings : [bindings])]
  const text = replaceQuoted(sql.replaceAll('\\?', '\0'), (quotation) => quotation.replaceAll('?', '\u0001'))
    .replace(/\?\??/g, (sign) => (sign === '??' ? name(list.shift()) : value(list.shift())))
    .replaceAll('\0', '?')
    .replaceAll('\u0001', '?')
  return { text, values }
}
