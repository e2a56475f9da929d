import { readFileSync } from 'node:fs'
import { codeOf } from '../database/errors.ts'
import type { Session } from '../database/session.ts'
import type { Migration } from '../migration/migration.ts'
import { planRefused } from '../report/refusal.ts'
import { type Matched, match } from './match.ts'
import type { Recorded, Source, Tool } from './tool.ts'
import { hidden } from './unreadable-table.ts'

/** Reads a tool's table and finds the migrations of the folder in it. Throws PlanRefused where row level security hides rows. */
export async function matchRows(session: Session, source: Source, folder: readonly Migration[]): Promise<Matched> {
  const rows = await readRows(session, source)
  return match(source.tool, rows, folder, (migration) => digestsOf(source.tool, migration))
}

async function readRows(session: Session, { history, tool }: Source): Promise<readonly Recorded[]> {
  const sql = tool.rows().replaceAll(':table', () => history.sql)
  try {
    const [, rows] = await session.queries(`set local row_security = off; ${sql}`)
    return rows?.rows ?? []
  } catch (error) {
    throw codeOf(error) === '42501' ? planRefused([hidden(history)]) : error
  }
}

/** The checksums that a tool may have made of a file: a checkout with other line endings is not an edit. */
function digestsOf({ checksumOf }: Tool, { kind, path, bytes: sealed }: Migration): readonly string[] {
  if (!checksumOf || kind !== 'sql') return []
  const bytes = sealed ?? readFileSync(path)
  const lines = bytes.toString('latin1').replaceAll('\r\n', '\n')
  const variants = [bytes, Buffer.from(lines, 'latin1'), Buffer.from(lines.replaceAll('\n', '\r\n'), 'latin1')]
  return variants.map(checksumOf)
}
