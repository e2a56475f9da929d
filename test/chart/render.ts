// Renders the chart with the Helm that the test cluster uses, as a user would, and reads the objects back.
import { execFileSync } from 'node:child_process'
import { parseAllDocuments } from 'yaml'

export type Fields = { readonly [key: string]: unknown }

export type Manifest = {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels?: { readonly [key: string]: string }
    readonly annotations?: { readonly [key: string]: string }
  }
  readonly spec?: Fields
}

const root = new URL('../..', import.meta.url).pathname

/** Helm 4, built now if need be. */
function helm(): string {
  const folder = execFileSync('test/cluster/build.sh', ['--path', 'helm4'], { cwd: root, encoding: 'utf8' }).trim()
  return `${folder}/helm`
}

let found: string | undefined

export function render(chart: string, release: string, ...options: readonly string[]): readonly Manifest[] {
  found ??= helm()
  const output = execFileSync(found, ['template', release, chart, '--namespace', 'market', ...options], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return parseAllDocuments(output, { uniqueKeys: true }).flatMap((document) => {
    if (document.errors[0]) throw document.errors[0]
    const manifest = document.toJS() as Manifest | null
    return manifest === null ? [] : [manifest]
  })
}

/** Every object anywhere below a value, itself included. */
export function below(value: unknown): readonly Fields[] {
  if (Array.isArray(value)) return value.flatMap(below)
  if (value === null || typeof value !== 'object') return []
  return [value as Fields, ...Object.values(value).flatMap(below)]
}
