// Renders the chart with the Helms that the test cluster uses, as a user would, and reads the objects back.
import { execFileSync } from 'node:child_process'
import { parseAllDocuments } from 'yaml'

export type Fields = { readonly [key: string]: unknown }

export type Manifest = Fields & {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels?: { readonly [key: string]: string }
    readonly annotations?: { readonly [key: string]: string }
  }
  readonly spec?: Fields
}

export type Helm = 'helm3' | 'helm4'

const root = new URL('../..', import.meta.url).pathname
const built = new Map<Helm, string>()

/** The program, built now if need be. */
export function program(helm: Helm): string {
  const found = built.get(helm)
  if (found !== undefined) return found
  const folder = execFileSync('test/cluster/build.sh', ['--path', helm], { cwd: root, encoding: 'utf8' }).trim()
  built.set(helm, `${folder}/helm`)
  return `${folder}/helm`
}

/** What a release installs, without the pod of `helm test`. */
export function renderWith(helm: Helm, chart: string, release: string, ...options: readonly string[]) {
  return renderAll(helm, chart, release, '--skip-tests', ...options)
}

/** Everything that the chart renders. */
export function renderAll(
  helm: Helm,
  chart: string,
  release: string,
  ...options: readonly string[]
): readonly Manifest[] {
  const output = execFileSync(program(helm), ['template', release, chart, '--namespace', 'market', ...options], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return parseAllDocuments(output, { uniqueKeys: true }).flatMap((document): readonly Manifest[] => {
    if (document.errors[0]) throw document.errors[0]
    const manifest = document.toJS() as Manifest | null
    return manifest === null ? [] : [manifest]
  })
}

export function render(chart: string, release: string, ...options: readonly string[]): readonly Manifest[] {
  return renderWith('helm4', chart, release, ...options)
}

/** What Helm prints when it refuses to render. */
export function refusal(helm: Helm, ...options: readonly string[]): string {
  try {
    renderWith(helm, 'chart', 'shop', ...options)
  } catch (error) {
    return String((error as { readonly stderr: unknown }).stderr)
  }
  throw new Error('was rendered')
}
