import { readFileSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'
import { until } from './command.ts'
import type { Namespace } from './namespace.ts'

/** How an attempt of the helm-controller ended, as the condition Ready tells it: `UpgradeSucceeded`, `InstallFailed` and so on. */
export type Attempt = { readonly reason: string; readonly message: string }

export type Release = {
  /** Applies the HelmRelease with these values and waits for the end of what the helm-controller does about it. */
  readonly roll: (values: object, options?: RollOptions) => Promise<Attempt>
  /** Suspends or resumes it, as `flux suspend` and `flux resume` do; resuming waits for an end as `roll` does. */
  readonly suspend: () => Promise<void>
  readonly resume: () => Promise<Attempt>
  readonly status: () => Promise<Status>
  /** Deletes the HelmRelease, and with it the release unless it is suspended. */
  readonly delete: () => Promise<void>
}

type RollOptions = {
  /** The file of another HelmRelease, to be applied instead of the first one. */
  readonly file?: string
  /** Replaces fields of its spec. */
  readonly spec?: object
  /** Not before the condition Ready gives this reason. */
  readonly reason?: string
}

type Status = {
  readonly conditions?: readonly Condition[]
  readonly upgradeFailures?: number
  readonly history?: readonly { readonly version: number; readonly status: string }[]
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
  const get = (): Promise<{ metadata: { generation: number }; status?: Status }> =>
    namespace.get(`apis/${release.apiVersion}`, `helmreleases/${release.metadata.name}`)
  const patch = (spec: object): Promise<string> =>
    namespace.kubectl('patch', name, '--type', 'merge', '--patch', JSON.stringify({ spec }))
  const attempt = (reason?: string): Promise<Attempt> => {
    let told = 'nothing was said'
    return until(
      () => `${name} in ${namespace.name} is done${reason ? ` with ${reason}` : ''}; ${told}`,
      async () => {
        await controllerStart()
        const { metadata, status } = await get()
        const ready = status?.conditions?.find(({ type }) => type === 'Ready')
        if (ready) told = `Ready is ${ready.status}, ${ready.reason}: ${ready.message}`
        const done = ready?.observedGeneration === metadata.generation && ready?.status !== 'Unknown'
        return done && (!reason || ready.reason === reason) && ready
      },
      240_000,
    )
  }
  return {
    roll: async (values, { file, spec, reason } = {}) => {
      const [manifest] = file ? [parse(readFileSync(file, 'utf8'))] : [release]
      await namespace.apply(JSON.stringify({ ...manifest, spec: { ...manifest.spec, values, ...spec } }))
      return attempt(reason)
    },
    suspend: async () => void (await patch({ suspend: true })),
    resume: async () => {
      await patch({ suspend: false })
      return attempt()
    },
    status: async () => (await get()).status ?? {},
    delete: async () => void (await namespace.kubectl('delete', name, '--timeout=60s')),
  }
}

/** When the helm-controller was started, in seconds since 1970: another time would mean that it crashed. */
export async function controllerStart(metrics = process.env.LOTSE_FLUX): Promise<number> {
  if (!metrics) throw new Error('LOTSE_FLUX is not set; run the stories by make test-gitops, which brings Flux up')
  const answer = await fetch(metrics, { signal: AbortSignal.timeout(20_000) }).catch(() => undefined)
  if (!answer?.ok) throw new Error(`the helm-controller does not answer at ${metrics}; if it ended, its log says why`)
  return Number(/^process_start_time_seconds (\S+)$/m.exec(await answer.text())?.[1])
}
