import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { overview, pageOf, verbPage } from '../../hook/cli/help.ts'
import { closest } from '../../hook/cli/suggestion.ts'
import { topics } from '../../hook/cli/topics.ts'
import { switches, type Verb, type VerbName, verbs } from '../../hook/cli/verbs.ts'
import { type OptionName, options } from '../../hook/config/options.ts'
import { parameters } from '../../hook/config/parameters.ts'
import { exitCodes } from '../../hook/failure.ts'

const names = Object.keys(verbs) as VerbName[]
const others = names.filter((name) => !['new', 'seal'].includes(name))
const locking: VerbName[] = ['up', 'finish', 'down', 'adopt', 'baseline', 'repair', 'guard']
const inJob: VerbName[] = ['up', 'finish', 'down', 'guard']
const withFolder = names.filter((name) => name !== 'guard')

/** Whose behaviour an option changes, by what the code does with it. */
const matters: Record<OptionName, readonly VerbName[]> = {
  databaseUrl: others,
  migrations: withFolder,
  format: withFolder,
  schema: others,
  historyTable: others,
  // Whoever goes through no tenants works on one of them.
  eachSchema: others,
  eachDatabase: others,
  tenant: others,
  parallel: ['up'],
  first: ['up'],
  stopAfter: ['up'],
  readers: ['up'],
  timeout: others,
  connectTimeout: others,
  waitFor: ['up', 'guard', 'wait'],
  // A check that traces migrates the scratch database.
  lockWait: [...locking, 'check'],
  lockTimeout: ['up', 'finish', 'down', 'check'],
  statementTimeout: ['up', 'finish', 'down', 'check'],
  allow: ['up', 'finish', 'status', 'plan', 'wait', 'adopt', 'check'],
  adopt: ['up', 'adopt', 'check'],
  check: ['up', 'finish', 'plan'],
  checkTimeout: ['up', 'finish', 'plan', 'check'],
  logFormat: names,
  release: others,
  pod: others,
  sources: others,
  sourcesWait: others,
  terminationLog: names,
  namespace: [...inJob, 'wait'],
  job: [...inJob, 'wait'],
  jobUid: inJob,
  events: inJob,
  run: ['wait'],
  rollout: ['finish'],
  rolloutSelector: ['finish'],
  rolloutVersion: ['finish'],
  rolloutTimeout: ['finish'],
  soak: ['finish'],
  absentAfter: ['wait'],
  databaseCheck: ['wait', 'check'],
}

test.each(Object.entries(matters))('--help tells %s where it matters and nowhere else', (name, wanted) => {
  const { flag, env } = options[name as OptionName]
  const telling = names.filter((verb) => new RegExp(`^ {2}--${flag}\\b.* ${env}\\b`, 'm').test(verbPage(verb)))
  expect(telling.sort()).toEqual([...wanted].sort())
})

test.each(names)(
  'lotse %s --help has usage, switches, exit codes and an example that is a command line of it',
  (name) => {
    const page = verbPage(name)
    const verb: Verb = verbs[name]
    expect(page.replaceAll(/\s+/g, ' ')).toContain(`Usage: lotse ${verb.usage} `)
    for (const each of verb.switches) expect(page).toContain(`--${each} ${switches[each].value}`.trimEnd())
    expect(page).toMatch(new RegExp(`\nExample:\n  lotse ${name}\\b`))
    expect(page).toContain(`\n  ${exitCodes.ConfigInvalid}   ConfigInvalid`)
    expect(pageOf(name)).toBe(page)
  },
)

test('lotse --help fits on a screen and names every command and every topic', () => {
  const text = overview('0.0.0')
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
  for (const name of names) expect(text).toMatch(new RegExp(`^ {2}${name} +\\S`, 'm'))
  for (const topic of Object.keys(topics)) expect(text).toContain(`lotse help ${topic} `)
})

test.each(['', ...names, ...Object.keys(topics)])('lotse help %s: no line is longer than 100 columns', (name) => {
  const page = name ? (pageOf(name) ?? '') : overview('0.0.0')
  expect(page.length).toBeGreaterThan(100)
  expect(page.split('\n').filter((line) => line.length > 100)).toEqual([])
})

test('every option and every exit code has its place in a topic, every directive too', () => {
  for (const { env } of Object.values(options)) expect(pageOf('options')).toContain(env)
  for (const [reason, code] of Object.entries(exitCodes))
    expect(pageOf('exits')).toContain(`${String(code).padEnd(5)}${reason}`)
  const source = readFileSync('hook/migration/directives.ts', 'utf8')
  const known = [...source.matchAll(/case '([a-z-]+)':/g)].map(([, name]) => name)
  expect(known.length).toBeGreaterThan(4)
  for (const name of known) expect(pageOf('migrations')).toContain(`-- lotse: ${name}`)
})

test('lotse help connection tells every parameter and every variable', () => {
  const page = pageOf('connection') ?? ''
  for (const { names: all, env, note } of parameters) {
    for (const name of [...all, ...(env ? [env] : [])]) expect(page).toMatch(new RegExp(`\\b${name}\\b`))
    expect(page.replaceAll(/\s+/g, ' ')).toContain(note)
  }
})

test.each([
  ['upp', 'up'],
  ['stauts', 'status'],
  ['Wiat', 'wait'],
  ['migrate', undefined],
  ['x', undefined],
])('%s is meant to be %s', (given, meant) => {
  expect(closest(given, [...names, 'help', 'version'])).toBe(meant)
})
