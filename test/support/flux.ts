import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import { run, until } from './command.ts'
import type { Namespace } from './namespace.ts'

/** How an attempt of the helm-controller ended, as the condition Ready tells it: `UpgradeSucceeded`, `InstallFailed` and so on. */
export type Attempt = { readonly reason: string; readonly message: string }

export type Release = {
  /** Applies the HelmRelease with these values and waits for the end of what the helm-controller does about it. */
  readonly roll: (values: object) => Promise<Attempt>
}

type Condition = Attempt & {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly observedGeneration?: number
}

/** Applies the OCIRepository of a file, for a chart of the story's own, and gets its HelmRelease ready to roll. */
export async function createRelease(file: string, namespace: Namespace, chart: string): Promise<Release> {
  const [source, release] = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS())
  // The story's registry speaks plain HTTP.
  Object.assign(source.spec, { url: chart, insecure: true })
  await namespace.apply(JSON.stringify(source))
  await namespace.kubectl('wait', '--for=condition=Ready', `ocirepository/${source.metadata.name}`, '--timeout=60s')
  const name = `helmrelease/${release.metadata.name}`
  return {
    roll: async (values) => {
      await namespace.apply(JSON.stringify({ ...release, spec: { ...release.spec, values } }))
      let told = 'nothing was said'
      return until(
        () => `${name} in ${namespace.name} is done; ${told}`,
        async () => {
          await controllerStart()
          const { metadata, status } = JSON.parse(await namespace.kubectl('get', name, '--output', 'json'))
          const conditions: readonly Condition[] = status?.conditions ?? []
          const ready = conditions.find(({ type }) => type === 'Ready')
          if (ready) told = `Ready is ${ready.status}, ${ready.reason}: ${ready.message}`
          return ready?.observedGeneration === metadata.generation && ready?.status !== 'Unknown' && ready
        },
        240_000,
      )
    },
  }
}

/** When the helm-controller was started, in seconds since 1970: another time would mean that it crashed. */
export async function controllerStart(metrics = process.env.LOTSE_FLUX): Promise<number> {
  if (!metrics) throw new Error('LOTSE_FLUX is not set; run the stories by make test-gitops, which brings Flux up')
  const { code, stdout } = await run('curl', ['--silent', '--fail', '--max-time', '20', metrics])
  if (code !== 0) throw new Error(`the helm-controller does not answer at ${metrics}; if it ended, its log says why`)
  return Number(/^process_start_time_seconds (\S+)$/m.exec(stdout)?.[1])
}
