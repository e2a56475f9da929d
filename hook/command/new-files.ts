import type { FormatName } from '../config/config.ts'
import { Failure } from '../failure.ts'
import { compareNames } from '../migration/name.ts'

export type Kind = { readonly down: boolean; readonly typescript: boolean }
type Wanted = Kind & { readonly title: string; readonly slug: string; readonly now: Date }
type NewFile = { readonly file: string; readonly text: string }

/** The files of a new migration in a folder of this format that holds `present` already. Pure. */
export function filesOf(format: FormatName, present: readonly string[], wanted: Wanted): NewFile[] {
  const { title, slug, down, typescript, now } = wanted
  const [forth, back] = [`-- ${title}\n`, `-- reverts: ${title}\n`]
  const numbered = `${nextNumber(present, now)}_${slug}`
  switch (format) {
    case 'lotse':
    case 'umzug':
      if (typescript) return [{ file: `${numbered}.ts`, text: script }]
      return [{ file: `${numbered}.sql`, text: forth }, ...(down ? [{ file: `${numbered}.down.sql`, text: back }] : [])]
    case 'golang-migrate':
      return pair(`${numbered}.up.sql`, forth, `${numbered}.down.sql`, back)
    case 'sqlx':
      return down || present.some((file) => file.endsWith('.up.sql'))
        ? pair(`${numbered}.up.sql`, forth, `${numbered}.down.sql`, back)
        : [{ file: `${numbered}.sql`, text: forth }]
    case 'diesel': {
      const folder = `${now.toISOString().slice(0, 10)}-${timeIn(now).slice(8)}_${slug}`
      return pair(`${folder}/up.sql`, forth, `${folder}/down.sql`, back)
    }
    case 'prisma':
      return [{ file: `${timeIn(now)}_${slug}/migration.sql`, text: forth }]
    case 'goose':
      return [{ file: `${numbered}.sql`, text: `-- +goose Up\n${forth}\n-- +goose Down\n${back}` }]
    case 'dbmate':
      return [{ file: `${numbered}.sql`, text: `-- migrate:up\n${forth}\n-- migrate:down\n${back}` }]
    case 'node-pg-migrate': {
      const milliseconds = present.every((file) => !/^\d/.test(file) || /^\d{13}\D/.test(file))
      const name = milliseconds ? `${now.getTime()}_${slug}` : numbered
      return [{ file: `${name}.sql`, text: `-- Up Migration\n${forth}\n-- Down Migration\n${back}` }]
    }
    case 'flyway': {
      const name = `${nextVersion(present, now)}__${slug}.sql`
      return [{ file: `V${name}`, text: forth }, ...(down ? [{ file: `U${name}`, text: back }] : [])]
    }
    case 'postgrator': {
      const number = nextNumber(present, now)
      return [
        { file: `${number}.do.${slug}.sql`, text: forth },
        ...(down ? [{ file: `${number}.undo.${slug}.sql`, text: back }] : []),
      ]
    }
    case 'knex':
      return [{ file: `${numbered}.${typescript ? 'ts' : 'js'}`, text: typescript ? knexTypescript : knex }]
    case 'kysely':
      return [{ file: `${numbered}.ts`, text: kysely }]
    case 'drizzle':
      throw new Failure('ConfigInvalid', {
        summary:
          'a migration of Drizzle has an entry in a journal and a snapshot of the schema, which only drizzle-kit can write',
        remedy: 'run drizzle-kit generate, or drizzle-kit generate --custom for SQL of your own',
      })
  }
}

const pair = (up: string, forth: string, down: string, back: string): NewFile[] => [
  { file: up, text: forth },
  { file: down, text: back },
]

function nextNumber(files: readonly string[], now: Date): string {
  const newest = files
    .map((file) => /^(\d+)[_.-]/.exec(file)?.[1] ?? '')
    .filter(Boolean)
    .sort(compareNames)
    .at(-1)
  return newest ? after(newest, now) : timeIn(now)
}

/** The number after this one, with as many digits; the time where the numbers are times. */
function after(number: string, now: Date): string {
  return number.length < 8 ? String(Number(number) + 1).padStart(number.length, '0') : timeIn(now)
}

/** The newest version with its last part counted on. */
function nextVersion(files: readonly string[], now: Date): string {
  const parts = (version: string): string[] => version.split(/[._]/)
  const newest = files
    .map((file) => /^V(\d+(?:[._]\d+)*)__/.exec(file)?.[1] ?? '')
    .filter(Boolean)
    .sort((a, b) => {
      const index = parts(a).findIndex((part, at) => Number(part) !== Number(parts(b)[at] ?? -1))
      return index < 0 ? parts(a).length - parts(b).length : Number(parts(a)[index]) - Number(parts(b)[index] ?? -1)
    })
    .at(-1)
  return newest ? newest.replace(/\d+$/, (last) => after(last, now)) : timeIn(now)
}

/** As 20260102030405, in UTC. */
function timeIn(now: Date): string {
  return now.toISOString().replace(/\D/g, '').slice(0, 14)
}

const script = `type Context = { query(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }> }

export async function up({ context }: { context: Context }) {
  await context.query('')
}
`

const knex = `exports.up = (knex) => knex.raw('')

exports.down = (knex) => knex.raw('')
`

const knexTypescript = `import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  await knex.raw('')
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('')
}
`

const kysely = `import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql\`\`.execute(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql\`\`.execute(db)
}
`
