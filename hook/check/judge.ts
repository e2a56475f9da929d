import { Failure } from '../failure.ts'
import type { Finding, Unjudged, Verdict } from '../migration/finding.ts'
import type { Migration } from '../migration/migration.ts'
import { withoutQuotedSecrets, withoutSecrets } from '../sql/mask.ts'
import { ParseError, type Tree } from '../sql/parse.ts'
import { excerpt, locate, offsetOfPosition } from '../sql/place.ts'
import { estimate, isSmall } from './estimate.ts'
import { factsAfter, factsInUse } from './evolution.ts'
import { rules } from './rules/all.ts'
import { type Facts, noFacts, type Table } from './rules/facts.ts'
import { differs } from './rules/of-trace.ts'
import type { Found, Rule, Touch } from './rules/rule.ts'
import { type Part, partsOf } from './statements.ts'

/** A migration with its statements, read once: for what they name, then for what they do. */
export type Read = {
  readonly migration: Migration
  readonly parts: readonly Part[]
  readonly unjudged: readonly Unjudged[]
}

/** Reads the statements of migrations that may matter. What is not SQL, or newer SQL than the parser knows, is unjudged. */
export async function readStatements(migrations: readonly Migration[]): Promise<readonly Read[]> {
  const read: Read[] = []
  for (const migration of migrations) {
    const { file, kind, text } = migration
    if (kind !== 'sql') {
      const why = 'is no SQL file, and what SQL it sends is known only when it runs'
      read.push({ migration, parts: [], unjudged: [{ file, line: 1, why }] })
      continue
    }
    const unjudged: Unjudged[] = []
    const parts = await partsOf(migration, (offset, error) => {
      const within =
        error instanceof ParseError && error.position ? offsetOfPosition(text.slice(offset), Number(error.position)) : 0
      const message = withoutQuotedSecrets(error instanceof Error ? error.message : String(error))
      unjudged.push({ file, line: locate(text, offset + within).line, why: message })
    })
    read.push({ migration, parts, unjudged })
  }
  return read
}

/** How to judge. */
export type Judging = {
  /** What a catalogue said; without it, every table counts as large. */
  readonly facts?: Facts
  /** How many of the migrations come before those that are judged: they only tell what there is. None by default. */
  readonly since?: number
  /** Whether each migration is a release of its own, so that a table of one is in use when the next runs. */
  readonly apart?: boolean
  readonly isNegligible?: typeof isSmall
}

/** Judges statements in their order, each by what is known of the database once those before it have run. Pure. */
export function judge(
  read: readonly Read[],
  { facts = noFacts, since = 0, apart = false, isNegligible = isSmall }: Judging,
): Verdict {
  const findings: Finding[] = []
  const accepted: (Finding & { reason: string })[] = []
  let known = facts
  for (const [index, { migration, parts }] of read.entries()) {
    const before: Tree[] = []
    const { accepts, transaction, breaking } = migration.directives
    for (const part of parts) {
      const statement = { tree: part.tree, sql: part.sql, before: transaction ? [...before] : [], transaction }
      for (const rule of index < since ? [] : rules) {
        if (rule.kind === 'breaking' && breaking) continue
        for (const found of rule.judge(statement, known)) {
          const finding = findingOf(rule, found, migration, part, isNegligible, facts.rates)
          if (!finding) continue
          const reason = accepts.find((each) => each.rule === rule.name)?.reason
          if (reason === undefined) findings.push(finding)
          else accepted.push({ ...finding, reason })
        }
      }
      known = factsAfter(known, part.tree)
      before.push(part.tree)
    }
    if (apart || index < since) known = factsInUse(known)
  }
  return { findings, accepted, unjudged: read.slice(since).flatMap((each) => each.unjudged) }
}

/** A finding of a rule at its place; undefined where nobody would notice, or nobody uses the table yet. Pure. */
export function findingOf(
  rule: Rule,
  found: Found,
  migration: Migration,
  part: Part,
  isNegligible: typeof isSmall = isSmall,
  rates: Facts['rates'] = {},
): Finding | undefined {
  const touches = found.touches.filter(({ table }) => isSeen(table))
  // Nobody waits for a table that the same run creates, or that is not there.
  if (found.touches.length > 0 && touches.length === 0) return undefined
  if ((rule.kind === 'blocking' || rule.kind === 'brief') && isNegligible(touches, rule.kind, rates)) return undefined
  if (rule.kind === 'blocking' && touches.every(({ work }) => work === 'none')) return undefined
  const { file, text, name } = migration
  const offset = part.offset + (found.at === undefined ? 0 : part.within(found.at))
  const place = locate(text, offset)
  const start = offset > 0 ? text.lastIndexOf('\n', offset - 1) + 1 : 0
  const shown = { ...place, text: withoutSecrets(text, start, start + place.text.length) }
  const wait = estimate(touches, rates)
  return {
    rule: rule.name,
    severity: severityOf(rule, found, wait?.most),
    migration: name,
    file,
    line: place.line,
    column: place.column,
    excerpt: excerpt(shown),
    message: found.message,
    tables: lockedTables(touches),
    wait,
    breaks: migration.directives.breaking ? undefined : found.breaks,
    safe: found.safe,
  }
}

/** Milliseconds of waiting that an application survives, though somebody may notice. */
const bearable = 2_000

function severityOf(rule: Rule, { severity = rule.severity }: Found, most: number | undefined): Finding['severity'] {
  return rule.kind === 'blocking' && severity === 'error' && most !== undefined && most < bearable
    ? 'warning'
    : severity
}

function lockedTables(touches: readonly Touch[]): Finding['tables'] {
  return touches.map(({ table, lock }) => ({ table: table.name, lock, bytes: table.bytes, rows: table.rows }))
}

function isSeen({ state }: Table): boolean {
  return state === 'known' || state === 'assumed'
}

/** Throws ConfigInvalid when a file accepts findings of a rule that does not exist. */
export function assertKnownRules(migrations: readonly Migration[]): void {
  const names = new Set([...rules.map(({ name }) => name), differs.name])
  const problems = migrations.flatMap(({ file, directives }) =>
    directives.accepts.filter(({ rule }) => !names.has(rule)).map(({ rule }) => `- ${file}: there is no rule ${rule}`),
  )
  if (problems.length === 0) return
  throw new Failure('ConfigInvalid', {
    summary: `${problems.length === 1 ? 'a migration accepts' : 'migrations accept'} findings of a rule that does not exist`,
    details: problems,
    state: ['Nothing was changed.'],
    remedy: {
      kind: 'changeFiles',
      change: 'write the rule’s name as the finding shows it (lotse help rules lists them)',
    },
  })
}
