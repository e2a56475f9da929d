import { expect, test, vi } from 'vitest'
import { parseInvocation } from '../../hook/cli/invocation.ts'
import { type VerbName, verbs } from '../../hook/cli/verbs.ts'
import type { Config } from '../../hook/config/config.ts'
import type { Event } from '../../hook/event.ts'
import { Failure } from '../../hook/failure.ts'
import { tenantSentence } from '../../hook/report/tenants.ts'
import { inGroups } from '../../hook/tenants/order.ts'
import { tenantsFailed } from '../../hook/tenants/outcome.ts'
import { tellProgress } from '../../hook/tenants/tell.ts'

const DATABASE_URL = 'postgresql://shop:secret@db/shop'
const each = ['--each-schema', 'select name from tenants']

function configOf(verb: VerbName, args: readonly string[], env: Record<string, string> = {}): Config {
  return parseInvocation(verb, args, { DATABASE_URL, ...env }).config
}

function problemOf(verb: VerbName, args: readonly string[], env: Record<string, string> = {}): string {
  try {
    configOf(verb, args, env)
  } catch (error) {
    return error instanceof Failure ? [error.message, ...error.details].join('\n') : String(error)
  }
  return ''
}

test('what is asked of tenants', () => {
  const { tenants } = configOf('up', [
    ...each,
    '--parallel',
    '8',
    '--first',
    'acme, globex,5%,25%',
    '--stop-after',
    '3',
  ])
  expect(tenants).toEqual({
    kind: 'schema',
    query: 'select name from tenants',
    source: '--each-schema',
    parallel: 8,
    stopAfter: 3,
    first: [
      { kind: 'names', names: ['acme', 'globex'] },
      { kind: 'share', percent: 5 },
      { kind: 'share', percent: 25 },
    ],
  })
  expect(configOf('up', [], { LOTSE_EACH_DATABASE: 'select 1' }).tenants).toMatchObject({
    kind: 'database',
    parallel: 4,
    stopAfter: Number.POSITIVE_INFINITY,
  })
  expect(configOf('up', []).tenants).toBeUndefined()
})

test.each([
  [[...each, '--schema', 'shop'], '--schema: contradicts --each-schema: each tenant has its history in its own schema'],
  [[...each, '--adopt', 'goose'], '--adopt: contradicts --each-schema'],
  [[...each, '--each-database', 'select 1'], '--each-database: contradicts --each-schema'],
  [[...each, '--parallel', '0'], '--parallel: "0" is not a whole number from 1 to 64'],
  [[...each, '--parallel', 'many'], '--parallel: "many" is not a whole number'],
  [[...each, '--stop-after', '-1'], 'stop-after'],
  [[...each, '--first', '25%,5%'], '--first: "5%" is no share that grows'],
  [[...each, '--tenant', 'acme', '--first', 'acme'], '--first: contradicts --tenant'],
  [[...each, '--tenant', 'pg_catalog'], `--tenant: "pg_catalog" is a schema of PostgreSQL's own`],
  [['--tenant', 'acme'], '--tenant: needs --each-schema or --each-database'],
  [['--first', 'acme'], '--first: needs --each-schema or --each-database'],
])('lotse up %j is refused', (args, problem) => {
  expect(problemOf('up', args)).toContain(problem)
})

const words: Partial<Record<VerbName, readonly string[]>> = {
  down: ['--all'],
  baseline: ['--to', '001_a'],
  repair: ['accept', '001_a'],
  backfill: ['pause', '001_a'],
  new: ['name'],
}
const refusing = (Object.keys(verbs) as VerbName[]).filter((verb) => !['up', 'status', 'plan', 'wait'].includes(verb))

test.each(refusing)('lotse %s goes through no tenants, and says what to do', (verb) => {
  const said = problemOf(verb, [...(words[verb] ?? []), ...each])
  expect(said).toMatch(
    /--each-schema: lotse \w+ (works on one tenant at a time; name it with --tenant NAME|uses no database, and so no tenants|holds one run lock)/,
  )
})

test.each(refusing.filter((verb) => verbs[verb].needsDatabase))('lotse %s works on one tenant', (verb) => {
  const { tenants, history, database } = configOf(verb, [...(words[verb] ?? []), ...each, '--tenant', 'Acme Inc'])
  expect(tenants).toBeUndefined()
  expect(history.schema).toBe('Acme Inc')
  expect(database.options).toBe('-c search_path="Acme\\ Inc",\\ public')
})

test('lotse wait --no-database looks at no tenants', () => {
  expect(problemOf('wait', [...each, '--no-database', '--job', 'migrator'])).toContain('--no-database lets nobody look')
})

test('a tenant that is a database has its name in place of that of the URL', () => {
  const { database, history } = configOf('up', ['--each-database', 'select 1', '--tenant', 'acme', '--schema', 'own'])
  expect([database.name, history.schema]).toEqual(['acme', 'own'])
})

test('tenants in groups: those named, then shares of all that count those before, then all others', () => {
  const all = Array.from({ length: 10 }, (_, n) => `t${n}`)
  expect(
    inGroups(all, [
      { kind: 'names', names: ['t7', 't0', 't7'] },
      { kind: 'share', percent: 20 },
      { kind: 'share', percent: 45 },
    ]),
  ).toEqual([
    ['t7', 't0'],
    ['t1', 't2', 't3'],
    ['t4', 't5', 't6', 't8', 't9'],
  ])
  expect(inGroups(all, [])).toEqual([all])
  expect(() => inGroups(all, [{ kind: 'names', names: ['acme'] }])).toThrow('"acme"')
})

test('a run says every ten seconds how far it is', () => {
  vi.useFakeTimers()
  try {
    const told: Event[] = []
    const ticking = tellProgress(
      (event) => void told.push(event),
      () => ({ total: 1_000, done: 412, failed: 1 }),
    )
    vi.advanceTimersByTime(9_999)
    expect(told).toEqual([])
    vi.advanceTimersByTime(10_001)
    expect(told).toHaveLength(2)
    const [event] = told as [Extract<Event, { event: 'tenants.progress' }>]
    expect(tenantSentence(event)).toBe('412 of 1,000 tenants done, 1 failed')
    ticking.stop()
    vi.advanceTimersByTime(30_000)
    expect(told).toHaveLength(2)
  } finally {
    vi.useRealTimers()
  }
})

test('a failure of tenants explains the first three in the order of their names, with few lines each', () => {
  const failure = new Failure('MigrationFailed', {
    summary: '001.sql, line 1: no',
    details: ['1 | a', '  | ^', 'Hint: b', 'Context: c'],
    remedy: 'x',
  })
  const failed = ['d', 'b', 'a', 'c'].map((tenant) => ({ tenant, failure }))
  const { message, details, state, exitCode } = tenantsFailed({ total: 1_000, done: 990, failed, stopped: 'so it is' })
  expect(message).toBe('4 of 1,000 tenants failed')
  expect(exitCode).toBe(24)
  expect(details.slice(0, 4)).toEqual(['a: MigrationFailed: 001.sql, line 1: no', '  1 | a', '    | ^', '  Hint: b'])
  expect(details.filter((line) => !line.startsWith(' ')).map((line) => line[0])).toEqual(['a', 'b', 'c', 'a'])
  expect(details.at(-1)).toBe('and d')
  expect(state).toEqual([
    '990 tenants are done, and stay so; 6 were not begun, since so it is. The next run migrates only what is left.',
  ])
})
