import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isMap, parse, parseAllDocuments, parseDocument } from 'yaml'

type Schema = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly properties?: { readonly [key: string]: Schema }
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly definitions?: { readonly [key: string]: Schema }
}
type Values = { readonly [key: string]: unknown }

const here = (path: string): string => new URL(path, import.meta.url).pathname
const read = (path: string): string => readFileSync(here(path), 'utf8')
const chart = '../../chart'
const source = read(`${chart}/values.yaml`)
const defaults = parse(source) as Values
const root = JSON.parse(read(`${chart}/values.schema.json`)) as Schema
const templates = readdirSync(here(`${chart}/templates`), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => ({ name: entry.name, text: readFileSync(`${entry.parentPath}/${entry.name}`, 'utf8') }))
const code = templates.map(({ text }) => text.replace(/\{\{\/\*[\s\S]*?\*\/\}\}/g, '')).join('\n')

const resolve = (schema: Schema): Schema =>
  schema.$ref === undefined ? schema : (root.definitions?.[schema.$ref.replace('#/definitions/', '')] ?? {})
const isValues = (value: unknown): value is Values =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** Every value the schema knows, as a path; `*` stands for a name that the user chooses. */
function known(schema: Schema, at: readonly string[]): readonly (readonly string[])[] {
  const here = resolve(schema)
  if (here.properties !== undefined && !['env', 'resources'].some((passedOn) => at.includes(passedOn)))
    return Object.entries(here.properties).flatMap(([key, below]) => known(below, [...at, key]))
  if (isValues(here.additionalProperties) && resolve(here.additionalProperties).type === 'object')
    return known(here.additionalProperties, [...at, '*'])
  return [at]
}

/** Every value that is set, as a path; a key of helm-unittest's `set` may hold several steps. */
function given(values: Values, at: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = [...at, ...(key.startsWith('/') ? [key] : key.split('.'))]
    return [path, ...(isValues(value) ? given(value, path) : [])]
  })
}

const covers = (pattern: readonly string[], path: readonly string[]): boolean =>
  path.length >= pattern.length && pattern.every((step, index) => step === '*' || step === path[index])

const values = known(root, [])
const files = (folder: string, end: string) => readdirSync(here(folder)).filter((name) => name.endsWith(end))
const suites = files('.', '_test.yaml').flatMap((name) =>
  parseAllDocuments(read(name)).map((each) => each.toJS() as Values),
)
const asserted = [
  ...suites
    .flatMap((suite) => [suite, ...(suite.tests as Values[])])
    .flatMap((each) => given((each.set ?? {}) as Values)),
  ...files('values', '.yaml').flatMap((name) => given(parse(read(`values/${name}`)) as Values)),
]

describe.each(values.map((path) => [path.join('.'), path] as const))('%s', (_, path) => {
  it('is read by a template', () => {
    const steps = path.filter((each) => each !== '*')
    expect(steps.filter((step) => !new RegExp(`[."]${step}\\b`).test(code))).toEqual([])
  })
  it('is set in a suite that asserts what comes of it', () => {
    expect(asserted.some((each) => covers(path, each))).toBe(true)
  })
})

describe('values.yaml', () => {
  const overrides = [
    'workloads.*.',
    'migrations.database.',
    'migrations.pod.',
    'migrations.tasks.*.',
    'finish.pod.',
    'postgres.pod.',
  ]
  const top = values.filter((path) => !overrides.some((each) => `${path.join('.')}.`.startsWith(each)))

  it('has a default for each value', () => {
    const defaulted = given(defaults).map((path) => path.join('.'))
    expect(
      top.map((path) => path.filter((step) => step !== '*').join('.')).filter((path) => !defaulted.includes(path)),
    ).toEqual([])
  })

  it('has no value that the schema does not know', () => {
    const strangers = given(defaults).filter(
      (path) => !values.some((pattern) => covers(pattern, path) || covers(path, pattern)),
    )
    expect(strangers).toEqual([])
  })

  it('explains each value, or the group it is in', () => {
    const lines = source.split('\n')
    const explained = (offset: number): boolean => {
      let line = source.slice(0, offset).split('\n').length - 2
      const above: string[] = []
      for (; lines[line]?.trimStart().startsWith('#'); line -= 1) above.unshift(lines[line] ?? '')
      return above.some((each) => /^\s*# -- \S/.test(each))
    }
    const silent: string[] = []
    const walk = (node: unknown, at: readonly string[]): void => {
      if (!isMap(node)) return
      for (const { key, value } of node.items) {
        const [offset] = (key as { readonly range: readonly [number] }).range
        const path = [...at, String(key)]
        if (explained(offset)) continue
        if (isMap(value) && value.flow !== true && !values.some((each) => covers(each, path))) walk(value, path)
        else silent.push(path.join('.'))
      }
    }
    walk(parseDocument(source).contents, [])
    expect(silent).toEqual([])
  })

  it('names every field of a workload in its example', () => {
    const lines = new Map(
      source.split('\n').flatMap((line) => {
        const [, field] = /^# {3}(\w+):/.exec(line) ?? []
        return field === undefined ? [] : [[field, line] as const]
      }),
    )
    const passedOn = ['pod', 'env', 'resources']
    const missing = known(root.definitions?.workload ?? {}, []).filter(([field = '', ...below]) => {
      const line = lines.get(field)
      return (
        line === undefined || (!passedOn.includes(field) && below.some((step) => step !== '*' && !line.includes(step)))
      )
    })
    expect(missing).toEqual([])
  })
})

describe('values.schema.json', () => {
  const nodes = (schema: Schema, at: string): readonly (readonly [string, Schema])[] => [
    [at, schema],
    ...Object.entries({ ...schema.properties, ...schema.definitions }).flatMap(([key, each]) =>
      nodes(each, `${at}/${key}`),
    ),
    ...(isValues(schema.additionalProperties) ? nodes(schema.additionalProperties, `${at}/*`) : []),
    ...(schema.items === undefined ? [] : nodes(schema.items, `${at}/-`)),
  ]
  it.each(nodes(root, ''))('%s has a type', (_, schema) => {
    expect(schema.type ?? schema.$ref ?? schema.anyOf).toBeDefined()
  })
  it('is closed wherever it names properties, except for what a parent chart shares with other charts', () => {
    const open = nodes(root, '').filter(
      ([, each]) => each.properties !== undefined && each.additionalProperties !== false,
    )
    expect(open.map(([at]) => at)).toEqual(['/global'])
  })
  it('needs no network', () => {
    const references = nodes(root, '').flatMap(([, { $ref }]) => $ref ?? [])
    expect(references.filter((each) => !each.startsWith('#/definitions/'))).toEqual([])
  })
})
