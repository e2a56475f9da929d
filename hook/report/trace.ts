import { formatDuration } from '../config/duration.ts'
import type { HeldLock, Trace, TracedMigration, TracedStatement, TracedTable } from '../migration/trace.ts'
import { formatBytes } from './finding.ts'

/** What a trace saw, as people read it: each statement with what it did, then the locks and how long they were held. Pure. */
export function traceText({ database, migrations, untraced, failed }: Trace): string {
  const head = `Trace on ${database}`
  if (migrations.length === 0)
    return `${head}: ${failed ? 'nothing ran.' : 'nothing is pending there. If it has the effects of an earlier trace, restore it first.'}\n${left(untraced)}`
  const applied = migrations.filter((each) => each.applied).length
  const lines = [
    `${head}: ${applied} migration${applied === 1 ? '' : 's'} applied there. It has their effects and their history now; restore it before the next trace.`,
    ...migrations.flatMap((each) => ['', ...migrationLines(each)]),
  ]
  return `${lines.join('\n')}\n${left(untraced)}`
}

function left(untraced: readonly string[]): string {
  return untraced.length > 0
    ? `Not traced, because the scratch database has them already: ${untraced.join(', ')}.\n`
    : ''
}

function migrationLines({ file, transaction, applied, elapsed, statements, locks }: TracedMigration): string[] {
  const how = transaction ? 'in one transaction' : 'without a transaction'
  return [
    `${file} (${how}, ${formatDuration(elapsed)}${applied ? '' : ', not applied'})`,
    ...statements.flatMap(statementLines),
    ...locks
      .filter(({ mode }) => mode !== 'ACCESS SHARE' && mode !== 'ROW SHARE')
      .map((lock) => lockLine(lock, statements)),
  ]
}

function statementLines({ sql, place, elapsed, failed, tables, wal }: TracedStatement): string[] {
  const where = place ? `line ${place.line}` : 'query'
  return [
    `  ${where}, ${formatDuration(elapsed)}${failed ? ', failed' : ''}: ${sql}`,
    ...tables.map((each) => `    ${tableLine(each)}`),
    ...(wal >= 1_000_000 ? [`    ${formatBytes(wal)} of WAL`] : []),
  ]
}

function tableLine({ table, fresh, rewritten, dropped, built, scanned, changed, before, after }: TracedTable): string {
  const rows = (amount: number): string => `${amount.toLocaleString('en')} row${amount === 1 ? '' : 's'}`
  const done = [
    fresh && !dropped && before === undefined && 'created',
    dropped && 'dropped',
    rewritten && 'rewritten',
    built.length > 0 && `built ${built.join(', ')}`,
    scanned && `${rows(scanned)} read`,
    changed && `${rows(changed)} changed`,
    sizes(before, after),
  ].filter(Boolean)
  return `${table}: ${done.join(', ') || 'touched'}`
}

function sizes(before: number | undefined, after: number | undefined): string | undefined {
  if (before === undefined || after === undefined) return undefined
  const [was, is] = [formatBytes(before), formatBytes(after)]
  return was === is ? undefined : `${was} → ${is}`
}

function lockLine({ table, mode, statement, from, to }: HeldLock, statements: readonly TracedStatement[]): string {
  const taken = statements[statement]
  const where = taken?.place ? `line ${taken.place.line}` : 'a query'
  const until = taken?.alone ? 'while it ran' : 'until the end of the transaction'
  return `  lock: ${table} ${mode}, taken by ${where}, ${until}, for ${formatDuration(to - from)}`
}
