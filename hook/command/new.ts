import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { compareNames } from '../migration/name.ts'

type Kind = { readonly down: boolean; readonly typescript: boolean }

const script = `type Context = { query(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }> }

export async function up({ context }: { context: Context }) {
  await context.query('')
}
`

/**
 * Creates the next migration file and returns the paths created. Continues the numbers of the folder (001, 002 …), with as many
 * digits; otherwise the name starts with the time in UTC, so that two branches seldom collide.
 */
export function newMigration(folder: string, title: string, { down, typescript }: Kind, now: Date): string[] {
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  if (!slug)
    throw new Failure('ConfigInvalid', {
      summary: `"${title}" contains no letter or digit for a file name`,
      remedy: 'describe what it does: lotse new add_price',
    })
  mkdirSync(folder, { recursive: true })
  const name = `${prefix(readdirSync(folder), now)}_${slug}`
  const files = [
    { file: `${name}.${typescript ? 'ts' : 'sql'}`, text: typescript ? script : `-- ${title}\n` },
    ...(down && !typescript ? [{ file: `${name}.down.sql`, text: `-- reverts: ${title}\n` }] : []),
  ]
  return files.map(({ file, text }) => {
    const path = join(folder, file)
    if (existsSync(path))
      throw new Failure('ConfigInvalid', { summary: `${path} already exists`, remedy: 'choose another name' })
    writeFileSync(path, text)
    return path
  })
}

function prefix(files: readonly string[], now: Date): string {
  const digits = files
    .map((file) => /^(\d+)[_.-]/.exec(file)?.[1] ?? '')
    .filter(Boolean)
    .sort(compareNames)
  const newest = digits.at(-1)
  if (newest && newest.length < 8) return String(Number(newest) + 1).padStart(newest.length, '0')
  return now.toISOString().replace(/\D/g, '').slice(0, 14)
}
