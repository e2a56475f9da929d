import type { OptionName } from './options.ts'
import type { Reader } from './reader.ts'

/** A Job of Kubernetes; without a namespace, the one of the pod or the kubeconfig is meant. */
export type JobName = { readonly name: string; readonly namespace: string | undefined }

/** The Job whose Events are to tell how the run goes. */
export type EventTarget = {
  readonly job: string
  readonly uid: string
  readonly namespace: string
  readonly pod: string | undefined
}

/** What `lotse wait` looks at besides the database. */
export type Gate = {
  readonly job: JobName | undefined
  /** What the annotation lotse/run of the Job must be for it to be the one meant. */
  readonly run: string | undefined
  /** Milliseconds after which a missing Job counts as done and cleaned up. */
  readonly absentAfter: number
  readonly checkDatabase: boolean
}

/** DNS subdomain (RFC 1123), as Kubernetes demands it of a Job's name and, shorter, of a namespace's. */
const kubernetesName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

/** Where Events go, if they are asked for. */
export function parseEventTarget(reader: Reader, problems: string[]): EventTarget | undefined {
  if (!reader.isOn('events')) return undefined
  const needed = (name: 'job' | 'jobUid' | 'namespace', what: string): string => {
    if (!reader.text(name)) problems.push(`${reader.source(name)}: ${reader.source('events')} needs ${what}`)
    return reader.text(name)
  }
  return {
    job: needed('job', 'the name of the Job to post them on'),
    uid: needed('jobUid', 'the uid of that Job'),
    namespace: needed('namespace', 'the namespace of that Job'),
    pod: reader.text('pod') || undefined,
  }
}

/** What `lotse wait` waits for. */
export function parseGate(reader: Reader, problems: string[]): Gate {
  const name = (option: OptionName): string => {
    const value = reader.text(option)
    if (value && !kubernetesName.test(value))
      problems.push(`${reader.source(option)}: "${value}" is not a name that Kubernetes allows`)
    return value
  }
  const [job, namespace] = [name('job'), name('namespace')]
  const checkDatabase = reader.isOn('databaseCheck')
  if (!checkDatabase && !job)
    problems.push(`${reader.source('databaseCheck')}: then a Job alone decides; name it with --job or LOTSE_JOB`)
  return {
    job: job ? { name: job, namespace: namespace || undefined } : undefined,
    run: reader.text('run') || undefined,
    absentAfter: reader.duration('absentAfter', 0),
    checkDatabase,
  }
}
