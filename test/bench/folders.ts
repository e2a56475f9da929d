import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How a tool wants its migrations. */
export type Layout = 'plain' | 'sealed' | 'marked' | 'timestamped' | 'postgrator' | 'drizzle' | 'knex' | 'kysely'

/** Writes `amount` migrations in a tool's layout into `folder`; `sqlOf` says what the one of a number does. */
export function writeMigrations(
  layout: Layout,
  folder: string,
  amount: number,
  sqlOf: (number: string) => string,
): void {
  mkdirSync(folder, { recursive: true })
  const numbers = Array.from({ length: amount }, (_, index) => String(index + 1).padStart(5, '0'))
  for (const number of numbers) {
    const [name, text] = fileOf(layout, number, sqlOf(number))
    writeFileSync(join(folder, name), text)
  }
  if (layout === 'drizzle') writeJournal(folder, numbers)
  if (layout === 'sealed') execFileSync(process.execPath, ['dist/lotse.js', 'seal', '--migrations', folder])
}

function fileOf(layout: Layout, number: string, sql: string): [name: string, text: string] {
  switch (layout) {
    case 'plain':
    case 'sealed':
    case 'drizzle':
      return [`${number}_step.sql`, `${sql};\n`]
    case 'marked': // for dbmate and goose, each of which takes the other's marks for comments
      return [`${number}_step.sql`, `-- migrate:up\n-- +goose Up\n${sql};\n-- migrate:down\n-- +goose Down\n`]
    case 'timestamped':
      return [`20260101${number}0000_step.sql`, `-- Up Migration\n${sql};\n`]
    case 'postgrator':
      return [`${number}.do.step.sql`, `${sql};\n`]
    case 'knex':
      return [
        `${number}_step.cjs`, // it passes over .mjs
        `exports.up = (knex) => knex.raw(${JSON.stringify(sql)})\nexports.down = () => {}\n`,
      ]
    case 'kysely':
      return [
        `${number}_step.mjs`,
        `import { sql } from 'kysely'\nexport const up = (db) => sql.raw(${JSON.stringify(sql)}).execute(db)\n`,
      ]
  }
}

function writeJournal(folder: string, numbers: readonly string[]): void {
  const entries = numbers.map((number, idx) => ({
    idx,
    version: '7',
    when: idx + 1,
    tag: `${number}_step`,
    breakpoints: true,
  }))
  mkdirSync(join(folder, 'meta'))
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ version: '7', dialect: 'postgresql', entries }))
}
