import type { Namespace } from './namespace.ts'
import type { Version } from './shop.ts'

export type Job = {
  readonly name: string
  readonly uid: string
  /** That of its migrator. */
  readonly image: string
  /** How many of its pods have failed. */
  readonly failed: number
}

/** The Jobs of a namespace. */
export async function jobsIn(namespace: Namespace): Promise<Job[]> {
  const { items } = await namespace.get<{ items: Item[] }>('apis/batch/v1', 'jobs')
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    uid: metadata.uid,
    image: spec.template.spec.containers[0]?.image ?? 'none',
    failed: status?.failed ?? 0,
  }))
}

type Item = {
  readonly metadata: { readonly name: string; readonly uid: string }
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } }
  }
  readonly status?: { readonly failed?: number }
}

/** The name of the Job that migrates to a version of the shop. */
export async function jobOf(namespace: Namespace, version: Version): Promise<string> {
  const job = (await jobsIn(namespace)).find(({ image }) => image.endsWith(`:${version}`))
  return job?.name ?? `no Job of version ${version}`
}

/** How many Jobs a namespace has had, the deleted ones among them. */
export async function countRuns(namespace: Namespace): Promise<number> {
  const about = encodeURIComponent('involvedObject.kind=Job,reason=SuccessfulCreate')
  const { items } = await namespace.get<{ items: Told[] }>('api/v1', `events?fieldSelector=${about}`)
  return new Set(items.map(({ involvedObject }) => involvedObject.uid)).size
}

type Told = { readonly involvedObject: { readonly uid: string } }
