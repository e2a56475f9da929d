import type { Direction, Emit } from '../event.ts'
import { linesInQuotation } from '../folder/sections.ts'
import { waitingOf } from '../migration/finish-plan.ts'
import type { Applied, Migration } from '../migration/migration.ts'
import type { Plan } from '../migration/plan.ts'
import type { Refusal } from '../migration/refusal.ts'
import { planRefused } from '../report/refusal.ts'
import { controlsTransaction, needsNoTransaction } from '../sql/kinds.ts'
import { withoutQuotedSecrets } from '../sql/mask.ts'
import type { Tree } from '../sql/parse.ts'
import { locate, offsetOfPosition } from '../sql/place.ts'
import { lostSetting } from '../sql/settings.ts'
import { piecesOf } from '../sql/split.ts'

/** Words without which no statement can be one that the rules are about; they spare most files the parser. */
const suspicious =
  /\b(concurrently|vacuum|commit|rollback|begin|start\s+transaction|end|abort|prepare\s+transaction|(create|drop)\s+(database|tablespace)|alter\s+system|reindex|cluster|discard)\b/i

/**
 * Finds what would fail half-way, in the files that a run would apply, before anything runs: statements that cannot run in a
 * transaction, files that control their transaction themselves or hold what reverts them, and in files without a transaction what could not be resumed.
 */
export async function checkSteps(steps: readonly Migration[], direction: Direction = 'up'): Promise<Refusal[]> {
  const refusals: Refusal[] = steps.flatMap(({ kind, file, text }) => {
    const found = kind === 'sql' && direction === 'up' ? reversalMark(text) : undefined
    return found ? [{ kind: 'reversal', file, ...found }] : []
  })
  for (const { conditions } of direction === 'up' ? steps : [])
    if (conditions) refusals.push(...(await import('./conditions.ts')).refusedConditions(conditions))
  for (const step of direction === 'up' ? steps.filter(({ directives }) => directives.backfill) : [])
    refusals.push(...(await (await import('./backfill-shape.ts')).refusedBackfill(step)))
  const sql = steps.filter(
    ({ kind, text, directives }) => kind === 'sql' && (!directives.transaction || suspicious.test(text)),
  )
  for (const migration of sql) {
    for (const part of partsOf(migration)) {
      const { splitStatements, ParseError } = await import('../sql/parse.ts')
      try {
        const statements = await splitStatements(part.sql)
        refusals.push(...statements.flatMap(({ tree, offset }) => judge(migration, tree, part.offset + offset)))
      } catch (error) {
        // PostgreSQL itself explains an error of a file that it is sent whole.
        if (migration.directives.transaction || !(error instanceof ParseError)) continue
        const line = error.position
          ? locate(migration.text, offsetOfPosition(migration.text, Number(error.position))).line
          : 1
        refusals.push({ kind: 'syntax', file: migration.file, line, message: withoutQuotedSecrets(error.message) })
      }
    }
  }
  return refusals
}

/** What the parser has to see: a file that is split by it whole, of any other the statements whose own words are suspicious. */
function partsOf({ text, directives }: Migration): readonly { readonly offset: number; readonly sql: string }[] {
  if (!directives.transaction) return [{ offset: 0, sql: text }]
  return piecesOf(text).filter(({ outline }) => suspicious.test(outline))
}

function judge({ file, text, directives }: Migration, tree: Tree, offset: number): Refusal[] {
  const place = (): { file: string; line: number } => ({ file, line: locate(text, offset).line })
  const control = controlsTransaction(tree)
  if (control) return [{ kind: 'controlsTransaction', ...place(), statement: control }]
  const alone = needsNoTransaction(tree)
  if (alone && directives.transaction) return [{ kind: 'needsNoTransaction', ...place(), statement: alone }]
  const lost = directives.transaction ? undefined : lostSetting(tree)
  if (lost) return [{ kind: 'setting', ...place(), lost }]
  if (tree.IndexStmt?.concurrent && !tree.IndexStmt.idxname) return [{ kind: 'unnamedIndex', ...place() }]
  return []
}

export type Accepted = Exclude<Plan, { kind: 'refused' }>

/** The plan, unless it is refused; then throws PlanRefused. */
export function accepted(plan: Plan): Accepted {
  if (plan.kind === 'refused') throw planRefused(plan.refusals)
  return plan
}

/** Tells what a run is about to do, and what a newer version has done. `rows` are those of the history. */
export function announcePlan(plan: Accepted, rows: readonly Pick<Applied, 'state'>[], emit: Emit): void {
  const pending = plan.kind === 'pending' ? plan.steps.map(({ name }) => name) : []
  const applied = rows.filter(({ state }) => state === 'applied').length
  if (plan.ahead.length > 0) emit({ event: 'plan.ahead', unknown: plan.ahead })
  emit({ event: 'plan.made', pending, applied, deferred: plan.deferred.map(waitingOf) })
}

/** The plan as up would find it: refused by what was found in the database, and when a file holds what would fail half-way. */
export async function checked(plan: Plan, found: readonly Refusal[]): Promise<Plan> {
  if (found.length > 0) return { kind: 'refused', refusals: found }
  const refusals = plan.kind === 'pending' ? await checkSteps([...plan.steps, ...plan.deferred]) : []
  return refusals.length > 0 ? { kind: 'refused', refusals } : plan
}

/** Throws PlanRefused when a file holds what would fail half-way. */
export async function assertRunnable(steps: readonly Migration[], direction: Direction): Promise<void> {
  const refusals = await checkSteps(steps, direction)
  if (refusals.length > 0) throw planRefused(refusals)
}

/** A comment that is nothing but a word for the way back: `-- undo`, `-- //@UNDO`, `/* ROLLBACK` in a block comment, `-- === Revert script ===`. */
const wayBack =
  /^\s*(?:--|#|\/\*)[\s\-=*#/!@+:>[\]()<]*(?:downs?|undo|revert|reverse|roll\s?back|downgrade|backwards?|drop below)(?:\s+(?:migrations?|script|sql|section|part|steps?|below|changes?))?[\s\-=*#/!@:.<>[\]()]*$/i

/** One look, which spares nearly all files the rest. */
const mayBeWayBack =
  /^[ \t]*(?:--|#|\/\*)[^\n\w]*(?:downs?|undo|revert|reverse|roll ?back|downgrade|backwards?|drop below)\b/im

/**
 * The line, from one, that marks what follows as the way back in words that no known tool uses, with statements before and after it.
 * What stands after it is never run unasked.
 */
export function reversalMark(text: string): { readonly line: number; readonly mark: string } | undefined {
  if (!mayBeWayBack.test(text)) return undefined
  const lines = text.split('\n')
  const inQuotation = linesInQuotation(text)
  const pieces = piecesOf(text)
  const first = pieces[0]?.offset ?? text.length
  const last = pieces.at(-1)
  const end = last ? last.offset + last.outline.trimEnd().length : 0
  let next = 0
  let start = 0
  for (const [index, line] of lines.entries()) {
    const after = start + line.length
    // A mark with statements before and after it; what is commented out never runs: a block comment that goes on, or a comment on the next line.
    if (
      first < start &&
      end > after &&
      wayBack.test(line) &&
      !inQuotation(index) &&
      !(line.trimStart().startsWith('/*') && !line.includes('*/'))
    ) {
      next = Math.max(next, index + 1)
      while (lines[next]?.trim() === '') next++
      if (!/^\s*--/.test(lines[next] ?? '')) return { line: index + 1, mark: line.trim() }
    }
    start = after + 1
  }
  return undefined
}
