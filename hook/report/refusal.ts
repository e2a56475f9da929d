import { Failure } from '../failure.ts'
import type { ChangedCondition } from '../migration/conditions.ts'
import type { Refusal } from '../migration/refusal.ts'

/** The Failure of a refused plan: every problem, and how to fix it. */
export function planRefused(refusals: readonly Refusal[]): Failure {
  const [first] = refusals
  if (first?.kind === 'otherHistory' || first?.kind === 'otherHistoryHidden') return otherHistory(first, refusals)
  return new Failure('PlanRefused', {
    summary: `cannot run these migrations (${refusals.length} problem${refusals.length === 1 ? '' : 's'})`,
    details: refusals.map((refusal) => `- ${explainRefusal(refusal)}`),
    state: ['Nothing was changed.'],
    remedy: { kind: 'changeFiles', change: 'fix each problem listed above' },
  })
}

type Other = Extract<Refusal, { kind: 'otherHistory' | 'otherHistoryHidden' }>

/** Applying every file to a database that has their changes already is the worst that Lotse could do: data would be changed twice. */
function otherHistory(first: Other, refusals: readonly Refusal[]): Failure {
  return new Failure('PlanRefused', {
    summary: `another tool has migrated this database, and every migration would run again: ${whatOther(first)}`,
    details: [
      ...refusals.slice(1).map((refusal) => `- ${explainRefusal(refusal)}`),
      'If that table is of no concern to these migrations: --allow other-history (in the chart migrations.allow).',
    ],
    state: ['Nothing was changed.'],
    remedy:
      first.kind === 'otherHistoryHidden'
        ? { kind: 'grant', statements: first.grants, as: first.owners.join(' and ') }
        : first.from.length > 0
          ? { kind: 'adopt', from: first.from }
          : { kind: 'otherTool', tool: first.tools.join(' or ') },
  })
}

function whatOther(other: Other): string {
  const tools = other.tools.join(' or ')
  if (other.kind === 'otherHistoryHidden') return `${other.table} is a table of ${tools}, and this role may not read it`
  const amount = other.applied === 1 ? 'one row' : `${other.applied} rows`
  return `${other.table} of ${tools} has ${amount}, the newest ${other.newest}`
}

/** Each statement of a file without a transaction runs alone, and may run days after the one before it. */
const explainLost = {
  local:
    'this setting ends with its own statement, since the file runs without a transaction; write SET, or set_config(…, false), and Lotse repeats it before each later statement',
  computed:
    'Lotse cannot repeat this setting before the later statements, since its value is computed or set inside a block; write it as a statement of its own, SET name = value',
  transaction:
    'this setting is for later transactions, and the file runs without one; remove it, or write it inside the block or procedure that needs it',
} as const

function explainConditions(name: string, conditions: readonly ChangedCondition[]): string {
  const changes = conditions.map(({ file, isGone }) => `${file} was ${isGone ? 'removed' : 'edited'}`).join(' and ')
  return `${changes} after ${name} was applied with it: restore what it asked then; a new question belongs to a new migration (if the change is meant, run lotse repair accept ${name})`
}

const explainShape = {
  noBatch:
    'export async function batch({ context, from, to }) from it, which changes the rows from the first key to the last, both inclusive',
  upBeside: 'of a backfill only batch runs; move up into a migration of its own',
  none: 'it has no statement; write an UPDATE, a DELETE or an INSERT … SELECT',
  several: 'each batch runs one statement; put the others into migrations of their own',
  other: 'a backfill is an UPDATE, a DELETE or an INSERT … SELECT; put anything else into a migration of its own',
  unbounded: 'name the batch by $1 and $2, both inclusive: WHERE id BETWEEN $1 AND $2',
} as const

/** One refusal in a sentence with its remedy. Pure. */
export function explainRefusal(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'edited':
      if (refusal.conditions) return explainConditions(refusal.name, refusal.conditions)
      return `${refusal.file} was edited after it was applied: restore the applied text and write the change as a new migration (if the edit changes nothing, run lotse repair accept ${refusal.name})`
    case 'conditionAlone':
      return `${refusal.file} is by its name a condition of the migration ${refusal.of}, which the folder lacks: restore ${refusal.of}.sql; or, if this is a migration itself, name it ${refusal.file.replace(/\.(\w+)\.sql$/, '_$1.sql')}`
    case 'asksNothing':
      return refusal.statement === undefined
        ? `${refusal.file} asks nothing: write a query that returns one row with true or false, or delete the file`
        : `${refusal.file}, line ${refusal.line}: ${refusal.statement} is no query, and a condition only asks: move it to the migration (if this file is a migration itself, name it ${refusal.file.replace(/\.(\w+)\.sql$/, '_$1.sql')})`
    case 'missing':
      return `${refusal.name} was applied but its file is missing: restore the file (or --allow missing)`
    case 'outOfOrder':
      return `${refusal.file} is new but sorts before ${refusal.after}, which is applied: rename it so that it sorts last (or --allow out-of-order)`
    case 'twoOrders':
      return `${refusal.first} sorts before ${refusal.second} as text, and after it by its number: write the numbers with as many digits each (V02), or give every migration of the folder the same letters before its number (or --allow out-of-order, which takes them as plan shows)`
    case 'otherRelease':
      return `release ${refusal.release} applied everything in this history (${refusal.names.length} migration${refusal.names.length === 1 ? '' : 's'}, the newest ${refusal.names.at(-1)}), and this folder has none of it: if that is another application, set LOTSE_HISTORY_TABLE to a separate table for this one; if it is the same application, restore its files`
    case 'otherHistory':
      return `another tool has migrated this database: ${whatOther(refusal)}: ${refusal.from.length > 0 ? `take it over with lotse adopt --from ${refusal.from.join(' or ')}` : 'record what the database already has with lotse baseline'} (or --allow other-history)`
    case 'otherHistoryHidden':
      return `another tool may have migrated this database: ${whatOther(refusal)}: ${refusal.grants.join('; ')} (or --allow other-history)`
    case 'appliedByOther':
      return `${refusal.file} is pending, and ${refusal.tool} has applied it, by ${refusal.table}: if ${refusal.tool} went on after its history was taken over, run lotse adopt --from ${refusal.from} again; if lotse down has reverted it since, --allow other-history`
    case 'aheadBreaking':
      return `${refusal.name}, which a newer version applied, is breaking: this version cannot run on its schema; deploy the newer version again, or run lotse down from its image (or --allow ahead-breaking)`
    case 'requires':
      return `${refusal.file} requires ${refusal.required}, which is not applied and does not come before it`
    case 'requiresDeferred':
      return `${refusal.file} requires ${refusal.required}, ${refusal.phase === 'contract' ? 'a contract migration' : 'a backfill'}, which runs only after a rollout: let lotse finish apply it for the version that is deployed now, then deploy this one; if that version has no ${refusal.required} yet, deploy it without ${refusal.file} first`
    case 'expandPending':
      return `${refusal.names.length === 1 ? 'a migration is' : `${refusal.names.length} migrations are`} pending that must come before the rollout: ${refusal.names.slice(0, 8).join(', ')}${refusal.names.length > 8 ? ', …' : ''}: run lotse up, roll out, then lotse finish`
    case 'foreign':
      return `${refusal.file} ${refusal.why}, which only ${refusal.format} can run, and it is not applied: run it with ${refusal.format} and let lotse adopt take that over (or, once its changes are in the database, lotse repair applied), or write it as SQL`
    case 'reverting':
      return `${refusal.name} is partly reverted: run lotse down to finish`
    case 'directiveGone':
      return `${refusal.file} was started without a transaction and is not finished: put "${refusal.file.endsWith('.sql') ? '--' : '//'} lotse: no-transaction" back at its head, so that Lotse continues where it stopped`
    case 'needsNoTransaction':
      return `${refusal.file}, line ${refusal.line}: ${refusal.statement} cannot run in a transaction; put "-- lotse: no-transaction" at the head of the file, best with this statement alone in it`
    case 'controlsTransaction':
      return `${refusal.file}, line ${refusal.line}: remove ${refusal.statement}: Lotse already runs each file in a transaction`
    case 'setting':
      return `${refusal.file}, line ${refusal.line}: ${explainLost[refusal.lost]}`
    case 'reversal':
      return `${refusal.file}, line ${refusal.line}: "${refusal.mark}" seems to begin what reverts this file, and Lotse would run it with the rest; move those statements to a file NAME.down.sql, or reword the comment if they belong to the migration`
    case 'unnamedIndex':
      return `${refusal.file}, line ${refusal.line}: give the index a name; without one, Lotse cannot find what an interrupted build left behind`
    case 'backfillShape':
      return `${refusal.file}, line ${refusal.line}: ${explainShape[refusal.fault]}`
    case 'syntax':
      return `${refusal.file}, line ${refusal.line}: ${refusal.message}`
  }
}
