import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Layout } from './folders.ts'

/** A runner that is measured: in which layout it reads migrations, and the program that applies what is pending. */
export type Contender = {
  readonly name: string
  readonly layout: Layout
  readonly command: (url: string, folder: string) => readonly string[]
}

const here = import.meta.dirname
const tools = join(here, '../tools')
const node = process.execPath
const { stdout } = spawnSync(join(here, '../cluster/build.sh'), ['--path', 'goose'], { encoding: 'utf8' })
const goose = join(stdout.trim(), 'goose')

/** Every Node runner by its own interface for programs: its command line takes longer. */
const script = (name: string, layout: Layout, version = versionOf(name), from = tools): Contender => ({
  name: `${name}${version ? ` ${version}` : ''}`,
  layout,
  command: (url, folder) => [node, join(from, 'runners', `${name}.mjs`), url, folder],
})

const ourselves = (name: string, layout: Layout): Contender => ({
  name,
  layout,
  command: (url, folder) => [node, 'dist/lotse.js', 'up', '--database-url', url, '--migrations', folder],
})

export const contenders: readonly Contender[] = [
  ourselves('Lotse', 'plain'),
  ourselves('Lotse, sealed', 'sealed'),
  script('umzug', 'plain', versionOf('umzug'), here),
  script('node-pg-migrate', 'timestamped'),
  script('knex', 'knex'),
  script('drizzle', 'drizzle', versionOf('drizzle-orm')),
  script('postgrator', 'postgrator'),
  script('kysely', 'kysely'),
  {
    name: `dbmate ${versionOf('@dbmate/linux-x64')} (Go)`,
    layout: 'marked',
    // The npm package dbmate starts Node to start this.
    command: (url, folder) => [
      join(tools, 'node_modules/@dbmate/linux-x64/bin/dbmate'),
      ...['--url', `${url}?sslmode=disable`, '--migrations-dir', folder, '--no-dump-schema', 'migrate'],
    ],
  },
  {
    name: `goose ${/goose\/v3 v(\S+)/.exec(readFileSync(join(here, '../cluster/tools/goose/go.mod'), 'utf8'))?.[1]} (Go)`,
    layout: 'marked',
    command: (url, folder) => [goose, '-dir', folder, 'postgres', url, 'up'],
  },
]

/** What no runner can be faster than. They are not runners: nothing is remembered or checked. */
export const floors = {
  node: { name: 'node -e 0', layout: 'plain', command: () => [node, '-e', '0'] },
  query: script('select-1', 'plain', '', here),
  loop: script('bare-loop', 'plain', '', here),
} as const satisfies Record<string, Contender>

function versionOf(name: string): string {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(tools, 'package.json'), 'utf8'))
  return dependencies[name] ?? optionalDependencies[name] ?? ''
}
