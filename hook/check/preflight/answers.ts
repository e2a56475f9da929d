import { codeOf, messageOf } from '../../database/errors.ts'
import { withoutQuotedSecrets } from '../../sql/mask.ts'
import { plainIdentifier } from '../../sql/quote.ts'
import type { Reply } from './ask.ts'
import type { Demand, Question } from './demand.ts'
import { type Asked, namedRows } from './questions.ts'
import type { Relation } from './relations.ts'

/** A row that a question found: its key, or without one how many there are; of a conversion also the SQLSTATE. */
export type Row = {
  readonly key?: readonly string[] | null
  readonly amount?: number
  readonly value?: readonly string[]
  readonly code?: string
}

/** What was found, for people. */
export type Answer = { readonly rule: string; readonly message: string; readonly safe: string }

/** Says which rows do not meet a demand; undefined where all do. Pure. */
export function answerOf(
  asks: Asked,
  demand: Demand,
  relation: Relation,
  shown: string,
  target: string,
  rows: readonly Row[],
  { list }: Question,
): Answer | undefined {
  const [first] = rows
  if (!first || first.amount === 0) return undefined
  const which = rowsOf(relation, shown, rows)
  const several = first.amount === undefined ? rows.length > 1 : first.amount > 1
  const columns = demand.columns.map(plainIdentifier).join(', ')
  const answer = (rule: string, code: string, what: string): Answer => ({
    rule,
    message: `Will fail (${code}): ${what}.`,
    safe: [
      '-- repair these rows first, in a statement or a migration before this one',
      ...(list ? [`-- all of them:\n${list.replaceAll('lotse_', '')};`] : []),
    ].join('\n'),
  })
  switch (asks.kind) {
    case 'noRow':
      return {
        ...answer(
          'row-null',
          '23502',
          `${plainIdentifier(asks.column)} would be null in every row of ${shown}, and there are rows: ${which}`,
        ),
        safe: `-- give the new column a default, or add it nullable, fill it, and then set it NOT NULL`,
      }
    case 'notNull':
      return answer('row-null', '23502', `${which} ${several ? 'have' : 'has'} no ${plainIdentifier(asks.column)}`)
    case 'check':
      return answer('row-breaks-check', '23514', `${which} ${several ? 'do' : 'does'} not satisfy ${asks.name}`)
    case 'foreignKey':
      return answer(
        'row-orphan',
        '23503',
        `${which} ${several ? 'refer' : 'refers'} by ${columns} to no row of ${target}`,
      )
    case 'unique':
      return answer(
        'row-duplicate',
        '23505',
        `${first.value ? `${first.amount} rows of ${shown} have the key ${textOf(first.value)}` : `${which} have the same ${asks.parts.map(plainly).join(', ')}`}`,
      )
    case 'exclude':
      return answer(
        'row-overlaps',
        '23P01',
        `${which} exclude each other by ${demand.columns.slice(0, asks.operators.length).map(plainIdentifier).join(', ')}`,
      )
    case 'cast':
      return answer(
        'row-uncastable',
        first.code ?? '22000',
        `${first.key ? which : `a row of ${shown}`} has a ${plainIdentifier(asks.column)} that cannot become ${asks.type}`,
      )
  }
}

/** Why a question about a table has no answer, and what somebody can do about it. */
export function unanswered(
  reply: Exclude<Reply<Row>, { kind: 'rows' }>,
  shown: string,
): { why: string; remedy?: string } {
  const remedy = 'LOTSE_CHECK_TIMEOUT gives it more time'
  if (reply.kind === 'late')
    return { why: `the time for looking at rows was over before ${shown} was looked at`, remedy }
  const code = codeOf(reply.error)
  const why = (what: string): string => `whether the rows of ${shown} allow this is not known: ${what}`
  switch (code) {
    case '57014':
      return { why: why(`looking at them took longer than ${Math.round(reply.limit / 100) / 10} s`), remedy }
    case '55P03':
      return { why: why('somebody holds a lock on it') }
    default:
      // Of class 22 and 23 the message tells values.
      return {
        why: why(`the server says ${/^2[23]/.test(code) ? code : withoutQuotedSecrets(messageOf(reply.error))}`),
      }
  }
}

/** `"total"` as people write it. */
function plainly(part: string): string {
  const name = /^"([^"]+)"$/.exec(part)?.[1]
  return name ? plainIdentifier(name) : part
}

/** `orders 7, 900005 and more`; without a key `2 rows of orders`. */
function rowsOf({ key }: Relation, shown: string, rows: readonly Row[]): string {
  const [first] = rows
  if (first?.amount !== undefined)
    return first.amount === 1 ? `1 row of ${shown}` : `${first.amount.toLocaleString('en')} rows of ${shown}`
  if (key.length === 0 || !first?.key) return `${shown} has rows`
  const keys = rows.slice(0, namedRows).map((row) => textOf(row.key ?? []))
  const last = rows.length > namedRows ? 'more' : keys.length > 1 ? keys.pop() : undefined
  return `${shown} ${keys.join(', ')}${last === undefined ? '' : ` and ${last}`}`
}

/** Characters of a key that are shown. */
const widest = 60

function textOf(values: readonly string[]): string {
  const texts = values.map((value) => {
    const line = value.replace(/\s+/g, ' ')
    return line.length > widest ? `${line.slice(0, widest)}…` : line
  })
  return texts.length === 1 ? (texts[0] ?? '') : `(${texts.join(', ')})`
}
