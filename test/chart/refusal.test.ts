// What a user reads when the chart refuses: Helm's own output, whatever template Helm happens to render first.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { refusal, render } from './render.ts'

type Assert = { readonly failedTemplate?: { readonly errorMessage?: string } }
type Test = {
  readonly it: string
  readonly values?: readonly string[]
  readonly set?: object
  readonly asserts: readonly Assert[]
}
type Suite = { readonly values: readonly string[]; readonly set?: object; readonly tests: readonly Test[] }

const suites = (name: string): readonly Suite[] =>
  parseAllDocuments(readFileSync(new URL(name, import.meta.url), 'utf8')).map((each) => each.toJS() as Suite)
const refusals = [
  'refusals_test.yaml',
  'refusals_mode_test.yaml',
  'refusals_routes_test.yaml',
  'budgets_test.yaml',
  'tasks_test.yaml',
  'refusals_finisher_test.yaml',
]
  .flatMap(suites)
  .flatMap((each) =>
    each.tests.flatMap((test) => {
      const messages = test.asserts.flatMap(({ failedTemplate }) => failedTemplate?.errorMessage ?? [])
      const values = [...each.values, ...(test.values ?? [])].flatMap((name) => ['--values', `test/chart/${name}`])
      const sets = Object.entries({ ...each.set, ...test.set }).flatMap(([key, value]) => [
        '--set-json',
        `${key}=${JSON.stringify(value)}`,
      ])
      return messages.map((message) => [test.it, [...values, ...sets], message] as const)
    }),
  )
const shop = ['--values', 'test/chart/values/shop.yaml']

describe('a refusal', () => {
  it.each(refusals)('reaches the user: %s', (_, options, message) => {
    expect(refusal('helm4', ...options)).toContain(message)
  })

  it.each(['helm3', 'helm4'] as const)('names all problems at once, a line each, by %s', (helm) => {
    const sets = ['image.repository=', 'database.name=', 'migrations.budgets.run=soon', 'config.env.LOTSE_X=y']
    expect(refusal(helm, ...shop, ...sets.flatMap((each) => ['--set', each]))).toContain(
      [
        "lotse: image.repository is empty. Set it to the migrator's image: Lotse with your migrations in it.",
        'lotse: migrations.budgets.run is "soon", which is not a duration. Write for example 90s, 5m or 1h30m.',
        'lotse: database.host is set, but database.name is empty. Set it too.',
        'lotse: config.env.LOTSE_X starts with LOTSE_, which is reserved for Lotse. Remove it; configure the migrator under `migrations`.',
      ].join('\n'),
    )
  })

  it('names the key that nobody knows', () => {
    expect(refusal('helm4', ...shop, '--set', 'imgae.tag=x')).toContain(
      "at '': additional properties 'imgae' not allowed",
    )
  })

  it('covers every sentence of the templates', () => {
    const words = refusals.map(([, , message]) => message).join('\n')
    const folder = new URL('../../chart/templates/', import.meta.url).pathname
    const sentences = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.tpl'))
      .flatMap((name) => readFileSync(`${folder}${name}`, 'utf8').match(/^lotse: .+$/gm) ?? [])
    expect(sentences.length).toBeGreaterThan(50)
    const said = (sentence: string): boolean => {
      const literal = sentence.split(/\{\{.*?\}\}/).map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      return new RegExp(`^${literal.join('.*')}$`, 'm').test(words)
    }
    const choices = (sentence: string): readonly string[] =>
      ['$1', '$2'].map((choice) => sentence.replace(/\{\{ if .*?\}\}(.*?)\{\{ else \}\}(.*?)\{\{ end \}\}/, choice))
    // In a parent chart alone: dependency.test.ts. Of a megabyte of values: large-files.test.ts.
    const elsewhere = (sentence: string): boolean =>
      sentence.includes('{{ .Chart.Name }}') || sentence.includes('a ConfigMap holds at most')
    expect(sentences.flatMap(choices).filter((each) => !said(each) && !elsewhere(each))).toEqual([])
  })
})

it('prints Kubernetes 1.28 the version it needs', () => {
  expect(() => render('chart', 'shop', '--kube-version', '1.28.0', ...shop)).toThrow(
    'chart requires kubeVersion: >=1.29.0-0',
  )
})
