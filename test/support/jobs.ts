import type { Namespace } from './namespace.ts'
import type { Version } from './shop.ts'

export type Job = { readonly name: string; readonly uid: string; readonly image: string }

/** The Jobs of a namespace, each with the image of its migrator. */
export async function jobsIn(namespace: Namespace): Promise<Job[]> {
  const fields =
    '{range .items[*]}{.metadata.name} {.metadata.uid} {.spec.template.spec.containers[0].image}{"\\n"}{end}'
  const lines = (await namespace.kubectl('get', 'jobs', '--output', `jsonpath=${fields}`)).trim().split('\n')
  return lines.map((line) => line.split(' ')).map(([name = '', uid = '', image = '']) => ({ name, uid, image }))
}

/** The name of the Job that migrates to a version of the shop. */
export async function jobOf(namespace: Namespace, version: Version): Promise<string> {
  const job = (await jobsIn(namespace)).find(({ image }) => image.endsWith(`:${version}`))
  return job?.name ?? `no Job of version ${version}`
}

/** How many Jobs a namespace has had, the deleted ones among them. */
export async function countRuns(namespace: Namespace): Promise<number> {
  const about = 'involvedObject.kind=Job,reason=SuccessfulCreate'
  const uids = 'jsonpath={.items[*].involvedObject.uid}'
  const output = await namespace.kubectl('get', 'events', '--field-selector', about, '--output', uids)
  return new Set(output.split(' ')).size
}
