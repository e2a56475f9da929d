import { ownSettings } from '../database/prepare.ts'
import type { Migration } from '../migration/migration.ts'
import { limitsOf, markTransaction, type Run, setLimits } from './work.ts'

/** Which of Lotse's own settings a statement of a migration takes back, told from its outline. */

type Reset = 'all' | 'lock_timeout' | 'statement_timeout' | 'search_path'

const resets =
  /^(?:reset\s+(all|lock_timeout|statement_timeout|search_path)|set\s+(?:session\s+|local\s+)?(lock_timeout|statement_timeout|search_path)\s*(?:=|\bto\b)\s*default)\s*$/i

function resetBy(outline: string): Reset | undefined {
  const [, reset, set] = resets.exec(outline) ?? []
  return (reset ?? set)?.toLowerCase() as Reset | undefined
}

/** What to set again after a statement, by its outline; nothing after most. */
export function settingsTakenBy(
  run: Run,
  migration: Migration,
  outline: string,
  set: 'set' | 'set local',
): readonly string[] {
  const reset = resetBy(outline)
  return reset ? settingsAfter(run, migration, reset, set) : []
}

function settingsAfter(run: Run, migration: Migration, reset: Reset, set: 'set' | 'set local'): readonly string[] {
  // Of a tenant, the default is its own schema.
  if (reset === 'search_path') return run.session.settings
  const limits = setLimits(limitsOf(run.config, migration), set)
  if (reset !== 'all') return limits.filter((each) => each.includes(reset))
  return [...ownSettings(run.session), ...(set === 'set local' ? [markTransaction] : []), ...limits]
}
