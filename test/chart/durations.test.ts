// The chart takes exactly the durations that the hook takes, and reads the same time from them.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../hook/config/duration.ts'
import { containers, list } from './objects.ts'
import { type Fields, refusal, render } from './render.ts'

const texts = [
  ...[
    '250ms',
    '90s',
    '5m',
    '1h30m',
    '1.5s',
    '0.5m',
    '1.25h',
    '2m30s',
    '30s2m',
    '1s1s',
    '08m',
    '1h1m1s1ms',
    '59.9994s',
    '59.9996s',
  ],
  ...['1', '5 m', '-5m', '+5m', ' 5m', '5m ', '5m\n', 'five minutes', '1.s', '.5s', '1,5s', '1.5.5s', '1e3s'],
  ...['1d', '1S', '5ms5', '1h30', 's', '٣s', '5µs', '1_0s', '0x1s'],
]
const taken = texts.filter((text) => parseDuration(text) !== undefined)
const refused = texts.filter((text) => parseDuration(text) === undefined)
const byPattern = [
  'migrations.lockTimeout',
  'migrations.statementTimeout',
  'migrations.checkTimeout',
  'migrations.keepFor',
  'gate.timeout',
]
const byTemplate = ['helm', 'job', 'run', 'lockWait', 'connect'].map((name) => `migrations.budgets.${name}`)

const smallest = ['--values', 'test/chart/values/smallest.yaml']
const set = (path: string, text: string) => ['--set-json', `${path}=${JSON.stringify(text)}`]
const variable = (name: string, ...options: readonly string[]): unknown => {
  const job = render('chart', 'shop', ...smallest, ...options).find(({ kind }) => kind === 'Job')
  const [migrator] = job ? containers(job) : []
  return list(migrator?.env).find((each) => each.name === name)?.value
}

describe.each(taken)('"%s" is taken', (text) => {
  it('as a lock timeout, a statement timeout and the time of a gate, as it is written', () => {
    const sets = ['migrations.lockTimeout', 'migrations.statementTimeout', 'gate.timeout'].flatMap((path) =>
      set(path, text),
    )
    const web = ['--set', 'workloads.web.image.repository=a,workloads.web.image.tag=b']
    const all = render('chart', 'shop', ...smallest, ...sets, ...web)
    const values = all
      .flatMap((each) => (each.kind === 'CronJob' ? [] : containers(each)))
      .flatMap(({ env }) => list(env))
    const given = values.filter(({ value }) => value === text).map(({ name }) => name)
    expect(given).toEqual(expect.arrayContaining(['LOTSE_LOCK_TIMEOUT', 'LOTSE_STATEMENT_TIMEOUT', 'LOTSE_TIMEOUT']))
  })

  it('as a budget, for the same time', () => {
    const long = ['job=24h', 'run=23h', 'lockWait=22h'].flatMap((each) => ['--set', `migrations.budgets.${each}`])
    const budget = variable(
      'LOTSE_CONNECT_TIMEOUT',
      '--set',
      'migrations.budgets.helm=25h',
      ...long,
      ...set('migrations.budgets.connect', text),
    )
    expect(parseDuration(`${budget}`)).toBe(parseDuration(text))
  })
})

describe.each(refused)('%j is refused', (text) => {
  it('by the schema', () => {
    const output = refusal('helm4', ...smallest, ...byPattern.flatMap((path) => set(path, text)))
    for (const path of byPattern) expect(output).toContain(`at '/${path.replace('.', '/')}': `)
  })

  it('by the templates', () => {
    const output = refusal('helm4', ...smallest, ...byTemplate.flatMap((path) => set(path, text)))
    for (const path of byTemplate) expect(output).toContain(`lotse: ${path} is "`)
  })
})

it('the hook and the schema agree on whatever can be written with the letters of a duration', () => {
  const { properties } = JSON.parse(readFileSync('chart/values.schema.json', 'utf8')) as Fields & { properties: Fields }
  const at = (path: string) =>
    path.split('.').reduce<Fields>((node, step) => (node.properties as Fields)[step] as Fields, { properties })
  const letters = ['1', '0', '.', 'm', 's', 'h', ' ']
  const all = Array.from({ length: 5 }).reduce<readonly string[]>(
    (found) => ['', ...found.flatMap((each) => letters.map((letter) => each + letter))],
    [''],
  )
  expect(new Set(all).size).toBe((7 ** 6 - 1) / 6)
  for (const path of byPattern) {
    const pattern = new RegExp(`${at(path).pattern}`)
    const differing = all.filter((text) => text !== '' && pattern.test(text) !== (parseDuration(text) !== undefined))
    expect(differing).toEqual([])
    expect(pattern.test('')).toBe(true)
  }
})
