import type { FormatName } from '../../hook/config/config.ts'

/** Migrations in the layout of each tool, with whatever marks that tool has. */

export type Step = {
  readonly slug: string
  readonly up: string
  readonly down: string
  /** Cannot run in a transaction. */
  readonly alone?: boolean
  /** Wrapped in BEGIN and COMMIT, both ways. */
  readonly wrapped?: boolean
  readonly crlf?: boolean
  /** One statement with semicolons in it, which some tools have to be told. */
  readonly oneStatement?: boolean
}

export type Files = Record<string, string>

/** What an empty step says in a file: a remark, or nothing at all. */
const shown = ({ up, down, wrapped, crlf }: Step): { up: string; down: string } => {
  const wrap = (sql: string): string => (wrapped ? `begin;\n${sql}\ncommit;` : sql)
  const ends = (sql: string): string => (crlf ? sql.replaceAll('\n', '\r\n') : sql)
  return { up: ends(wrap(up)), down: ends(wrap(down)) }
}

const pair =
  (name: (number: string, slug: string) => readonly [up: string, down: string], head = '') =>
  (step: Step, index: number): Files => {
    const { up, down } = shown(step)
    const [upFile, downFile] = name(String(index + 1), step.slug)
    const first = step.alone ? head : ''
    return { [upFile]: first + up, [downFile]: first + (down || 'select 1;') }
  }

const transactional = (sql: string): string => sql.replaceAll(' concurrently', '')
const padded = (index: number): string => String(index + 1).padStart(4, '0')
/** A time for each, two seconds apart. */
const at = (index: number): string => new Date(Date.UTC(2026, 0, 1) + index * 2_000).toISOString()
const time = (index: number): string => at(index).replace(/\D/g, '').slice(0, 14)

/** The SQL of a script's query, as a text of JavaScript. */
const text = (sql: string): string => JSON.stringify(sql)

const layouts: Record<FormatName, (step: Step, index: number, steps: readonly Step[]) => Files> = {
  lotse: (step, index) => {
    const directive = step.alone ? '-- lotse: no-transaction\n' : ''
    return {
      [`${padded(index)}_${step.slug}.sql`]: directive + step.up,
      [`${padded(index)}_${step.slug}.down.sql`]: directive + (step.down || 'select 1;'),
    }
  },
  'golang-migrate': pair((number, slug) => [`${number}_${slug}.up.sql`, `${number}_${slug}.down.sql`]),
  sqlx: pair((number, slug) => [`${number}_${slug}.up.sql`, `${number}_${slug}.down.sql`], '-- no-transaction\n'),
  postgrator: pair((number, slug) => [`${number}.do.${slug}.sql`, `${number}.undo.${slug}.sql`]),
  diesel: (step, index) => {
    const folder = `${at(index).slice(0, 10)}-${time(index).slice(8)}_${step.slug}`
    const { up, down } = shown(step)
    const metadata = step.alone ? { [`${folder}/metadata.toml`]: '# an index\nrun_in_transaction = false\n' } : {}
    return { [`${folder}/up.sql`]: up, [`${folder}/down.sql`]: down || 'select 1;', ...metadata }
  },
  prisma: (step, index) => ({
    ...(index === 0 ? { 'migration_lock.toml': 'provider = "postgresql"\n' } : {}),
    [`${time(index)}_${step.slug}/migration.sql`]: shown(step).up,
  }),
  drizzle: (step, index, steps) => {
    const entries = steps.map(({ slug }, idx) => ({
      idx,
      version: '7',
      when: 1_767_000_000_000 + idx,
      tag: `${padded(idx)}_${slug}`,
      breakpoints: true,
    }))
    const sql = transactional(shown(step).up).replace(/;\n(?=create|drop)/g, '\n--> statement-breakpoint\n')
    return {
      [`${padded(index)}_${step.slug}.sql`]: sql,
      [`meta/${padded(index)}_snapshot.json`]: '{}',
      ...(index === 0
        ? { 'meta/_journal.json': JSON.stringify({ version: '7', dialect: 'postgresql', entries }) }
        : {}),
    }
  },
  goose: (step, index) => {
    const { up, down } = shown(step)
    const statement = (sql: string): string =>
      step.oneStatement ? `-- +goose StatementBegin\n${sql.replace(/;$/, '')}\n-- +goose StatementEnd` : sql
    const head = step.alone ? '-- +goose NO TRANSACTION\n' : ''
    return {
      [`${index + 1}_${step.slug}.sql`]: `${head}-- +goose Up\n${statement(up)}\n\n-- +goose Down\n${down || 'select 1;'}\n`,
    }
  },
  dbmate: (step, index) => {
    const { up, down } = shown(step)
    const option = step.alone ? ' transaction:false' : ''
    return {
      [`${time(index)}_${step.slug}.sql`]: `-- migrate:up${option}\n${up}\n\n-- migrate:down${option}\n${down || 'select 1;'}\n`,
    }
  },
  'node-pg-migrate': (step, index) => {
    const [up, down] = [transactional(shown(step).up), transactional(shown(step).down || 'select 1;')]
    const name = `${1_767_000_000_000 + index}_${step.slug}`
    if (index % 4 === 1)
      return {
        [`${name}.cjs`]: `exports.up = (pgm) => { pgm.sql(${text(up)}) }\nexports.down = (pgm) => { pgm.sql(${text(down)}) }\n`,
      }
    const parts = [`-- Up Migration\n${up}\n`, `-- Down Migration\n${down}\n`]
    return { [`${name}.sql`]: (index % 4 === 2 ? parts.reverse() : parts).join('\n') }
  },
  flyway: (step, index) => {
    const { up, down } = shown(step)
    const version = index < 6 ? `1_${index + 5}` : `2.${index}`
    // A function in another encoding of line ends, and one setting that says what is found by itself, too.
    const settings =
      step.slug === 'people' ? { [`V${version}__${step.slug}.sql.conf`]: 'executeInTransaction=true\n' } : {}
    return {
      [`V${version}__${step.slug}.sql`]: up,
      [`U${version}__un_${step.slug}.sql`]: down || 'select 1;',
      ...settings,
    }
  },
  umzug: (step, index) => {
    const directive = step.alone ? '// lotse: no-transaction\n' : ''
    const call = (sql: string): string => `async ({ context }) => { await context.query(${text(sql)}) }`
    return {
      [`${time(index)}_${step.slug}.js`]: `${directive}exports.up = ${call(step.up)}\nexports.down = ${call(step.down)}\n`,
    }
  },
  knex: (step, index) => {
    const settings = step.alone ? 'exports.config = { transaction: false }\n' : ''
    const by = index % 2 === 0 ? 'knex.raw' : 'knex.schema.raw'
    return {
      [`${time(index)}_${step.slug}.js`]: `${settings}exports.up = function (knex) {\n  return ${by}(${text(step.up)})\n}\nexports.down = (knex) => ${by}(${text(step.down)})\n`,
    }
  },
  kysely: (step, index) => {
    const directive = step.alone ? '// lotse: no-transaction\n' : ''
    const run = (sql: string): string => (sql ? `await sql.raw(${text(sql)}).execute(db)` : '')
    return {
      [`${time(index)}_${step.slug}.mjs`]: `${directive}import { sql } from 'kysely'\nexport async function up(db) { ${run(step.up)} }\nexport async function down(db) { ${run(step.down)} }\n`,
    }
  },
}

/** Whether a tool's migrations can be reverted. */
export function hasDowns(format: FormatName): boolean {
  return !['prisma', 'drizzle'].includes(format)
}

/** The files of these steps in a tool's layout. */
export function filesIn(format: FormatName, steps: readonly Step[]): Files {
  return Object.assign({}, ...steps.map((step, index) => layouts[format](step, index, steps))) as Files
}
