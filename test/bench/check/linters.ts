import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { judge, readStatements } from '../../../hook/check/judge.ts'
import { linters } from '../../../hook/check/other-linters.ts'
import { parseDirectives } from '../../../hook/migration/directives.ts'
import { isAtLeast } from '../../../hook/report/finding.ts'
import type { Entry } from './corpus.ts'
import type { Application } from './old-version.ts'

/** What a linter says of each entry: the names of its findings, none where it is silent. */
export type Said = ReadonlyMap<Entry, readonly string[]>

/** Where the linters run: a database of each application with its real sizes, the programs, and a folder to write files to. */
export type Place = {
  readonly folder: string
  readonly programs: string
  readonly urls: Readonly<Record<Application, string>>
  readonly files: ReadonlyMap<Entry, string>
}

/** Matters of style and of the runner, which say something of nearly every file: without them each linter is at its best. */
const squawkStyle =
  'ban-char-field,prefer-bigint-over-int,prefer-bigint-over-smallint,prefer-identity,prefer-robust-stmts,prefer-text-field,prefer-timestamp-tz,require-enum-value-ordering,require-table-schema,require-lock-timeout,require-statement-timeout,require-timeout-settings'
const eugeneStyle = ['E3', 'E9', 'W13']
const safeMigrateStyle = ['missing-idempotency', 'require-lock-timeout', 'require-statement-timeout']

const squawkProgram = join(import.meta.dirname, 'peers/node_modules/@squawk-cli/linux-x64/bin/squawk')

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env, maxBuffer: 1 << 28 })
  if (error) throw error
  return stdout || stderr
}

/** Lotse beside the databases, as `lotse check` prints it: errors and warnings count, notes do not. */
export function lotse({ urls, folder, files }: Place): Said {
  const said = new Map<Entry, string[]>()
  for (const application of Object.keys(urls) as Application[]) {
    const output = run(
      process.execPath,
      ['dist/lotse.js', 'check', '--all', '--json', '--migrations', join(folder, application)],
      {
        ...process.env,
        DATABASE_URL: urls[application],
      },
    )
    const { findings }: { findings: { file: string; severity: string; rule: string }[] } = JSON.parse(output)
    for (const [entry, path] of files) {
      if (entry.application !== application) continue
      const own = findings.filter(({ file, severity }) => path.endsWith(`/${file}`) && severity !== 'note')
      said.set(
        entry,
        own.map(({ rule }) => rule),
      )
    }
  }
  return said
}

/** Lotse without a database, each file alone. */
export async function lotseAlone({ files }: Place): Promise<Said> {
  const said = new Map<Entry, string[]>()
  for (const [entry] of files) {
    const directives = parseDirectives(entry.sql, 'file.sql', [])
    const migration = {
      name: 'file',
      file: 'file.sql',
      path: 'file.sql',
      text: entry.sql,
      checksum: '',
      down: undefined,
    }
    const { findings } = judge(await readStatements([{ ...migration, kind: 'sql', directives }]), {})
    said.set(
      entry,
      findings.filter(({ severity }) => isAtLeast(severity, 'warning')).map(({ rule }) => rule),
    )
  }
  return said
}

export function squawk({ files }: Place): Said {
  const said = new Map<Entry, string[]>([...files.keys()].map((entry) => [entry, []]))
  for (const transaction of [true, false]) {
    const paths = [...files].filter(([entry]) => entry.transaction === transaction)
    const flags = ['--reporter', 'json', '--pg-version', '17.0', '--exclude', squawkStyle]
    if (transaction) flags.push('--assume-in-transaction')
    const findings: { file: string; rule_name: string }[] = JSON.parse(
      run(squawkProgram, [...flags, ...paths.map(([, path]) => path)]),
    )
    for (const [entry, path] of paths)
      said.set(
        entry,
        findings.filter(({ file }) => file === path).map((each) => each.rule_name),
      )
  }
  return said
}

export function eugeneLint({ files, programs }: Place): Said {
  return eachFile(files, (path) =>
    hintsOf(run(join(programs, 'eugene-0.8.3/bin/eugene'), ['lint', ...eugeneFlags, path])),
  )
}

const eugeneFlags = ['-f', 'json', '-a', ...eugeneStyle.flatMap((id) => ['-i', id])]

function hintsOf(output: string): string[] {
  return [...output.matchAll(/"id":\s*"([EW]\d+)"/g)].map(([, id = '']) => id)
}

/** It runs the files, each on a small copy of the database, and rolls them back. */
export async function eugeneTrace(
  { files, programs }: Place,
  withCopy: (entry: Entry, use: (url: URL) => void) => Promise<void>,
): Promise<Said> {
  const said = new Map<Entry, string[]>()
  for (const [entry, path] of files)
    await withCopy(entry, ({ hostname, port, username, pathname }) => {
      const server = ['--disable-temporary', '-U', username, '-d', pathname.slice(1), '-H', hostname, '-p', port]
      const output = run(join(programs, 'eugene-0.8.3/bin/eugene'), ['trace', ...eugeneFlags, ...server, path], {
        ...process.env,
        PGPASS: 'none',
      })
      said.set(entry, hintsOf(output))
    })
  return said
}

/** With the snapshot that it takes of each database; findings of tier 1 and 2 count, tier 3 is information. */
export function safeMigrate({ files, programs, urls, folder }: Place): Said {
  const program = join(programs, 'safe-migrate-0.12.0/bin/safe-migrate')
  const config = join(folder, 'safe-migrate.toml')
  writeFileSync(config, safeMigrateStyle.map((rule) => `[rules.${rule}]\ndisabled = true\n`).join(''))
  for (const [application, url] of Object.entries(urls))
    run(program, ['sync', '--config', config, '--out', join(folder, `${application}.cache`)], {
      ...process.env,
      DATABASE_URL: url,
    })
  const said = new Map<Entry, string[]>()
  mkdirSync(join(folder, 'wrapped'), { recursive: true })
  for (const [entry, path] of files) {
    // A file is a transaction for it only where it says so.
    const wrapped = join(folder, 'wrapped', path.split('/').at(-1) ?? '')
    writeFileSync(wrapped, entry.transaction ? `begin;\n${entry.sql}\ncommit;\n` : entry.sql)
    const cache = join(folder, `${entry.application}.cache`)
    const output = run(program, ['lint', '--file', wrapped, '--config', config, '--cache', cache, '--json'])
    const start = output.indexOf('{')
    const { violations = [] }: { violations?: { rule_id: string; tier: string }[] } =
      start < 0 ? {} : JSON.parse(output.slice(start))
    said.set(
      entry,
      start < 0 ? ['(cannot read it)'] : violations.filter(({ tier }) => tier !== 'Tier3').map((each) => each.rule_id),
    )
  }
  return said
}

/** Names of checks that an installed linter knows and hook/check/other-linters.json lacks, or the other way round. */
export function unlisted(programs: string): readonly string[] {
  const listed = (name: string): string[] => Object.keys(linters.find((each) => each.name === name)?.checks ?? {})
  const differences = (name: string, known: readonly string[], ours: readonly string[]): string[] => [
    ...known.filter((each) => !ours.includes(each)).map((each) => `${name} has ${each}, which is not listed`),
    ...ours.filter((each) => !known.includes(each)).map((each) => `${each} is listed, and ${name} has no such check`),
  ]
  // squawk has no list; it refuses a name that it does not know.
  const known = listed('squawk').filter(
    (each) => !run(squawkProgram, ['--exclude', each, '/dev/null']).includes('invalid rule name'),
  )
  const hints: { hints: { id: string }[] } = JSON.parse(
    run(join(programs, 'eugene-0.8.3/bin/eugene'), ['hints', '-f', 'json']),
  )
  const { rules }: { rules: { id: string }[] } = JSON.parse(
    run(join(programs, 'safe-migrate-0.12.0/bin/safe-migrate'), ['rules', '--json']),
  )
  return [
    ...differences('squawk', known, listed('squawk')),
    ...differences(
      'eugene',
      hints.hints.map(({ id }) => id),
      listed('eugene').map((each) => each.split(' ')[0] ?? ''),
    ),
    ...rules
      .filter(({ id }) => !listed('safe-migrate').includes(id))
      .map(({ id }) => `safe-migrate has ${id}, which is not listed`),
  ]
}

function eachFile(files: Place['files'], look: (path: string) => string[]): Said {
  return new Map([...files].map(([entry, path]) => [entry, look(path)]))
}
