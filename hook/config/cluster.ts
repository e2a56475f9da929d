import type { OptionName } from './options.ts'
import type { Reader } from './reader.ts'

/** A Kubernetes Job. Without a namespace: that of the pod, or of the kubeconfig. */
export type JobName = { readonly name: string; readonly namespace: string | undefined }

/** The Job that the Events are posted on. */
export type EventTarget = {
  readonly job: string
  readonly uid: string
  readonly namespace: string
  readonly pod: string | undefined
}

/** What `lotse wait` watches besides the database. */
export type Gate = {
  readonly job: JobName | undefined
  /** The value that the Job's annotation lotse/run must have. */
  readonly run: string | undefined
  /** Milliseconds after which a missing Job is assumed completed and cleaned up. */
  readonly absentAfter: number
  readonly checkDatabase: boolean
}

/** What has to be rolled out before `lotse finish` changes anything. */
export type Rollout = {
  /** Names of Deployments. */
  readonly deployments: readonly string[]
  /** A label selector of further ones. */
  readonly selector: string | undefined
  /** The namespace of all of them. Undefined: that of the pod, or of the kubeconfig. */
  readonly namespace: string | undefined
  /** What the annotation lotse/version of their pod templates has to be. */
  readonly version: string
  /** How long to wait for it, in milliseconds. */
  readonly timeout: number
  /** How long after it a rollback has to stay possible, in milliseconds. */
  readonly soak: number
}

/** DNS subdomain (RFC 1123), as Kubernetes requires for the name of a Job and, shorter, of a namespace. */
const kubernetesName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

/** Where Events go; undefined when none are wanted. */
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

/** What `lotse finish` waits for; undefined where no Deployment is named, as outside of Kubernetes. */
export function parseRollout(reader: Reader, required: boolean, problems: string[]): Rollout | undefined {
  const deployments = [...new Set(reader.list('rollout'))]
  for (const each of deployments)
    if (!kubernetesName.test(each))
      problems.push(`${reader.source('rollout')}: "${each}" is not a name that Kubernetes allows`)
  const selector = reader.text('rolloutSelector') || undefined
  const version = reader.text('rolloutVersion')
  const soak = reader.duration('soak', 0)
  if (deployments.length === 0 && !selector) {
    // Whoever names a version or a soak counts on a proof; without one everything would run at once.
    const meant = required ? 'rollout' : version ? 'rolloutVersion' : 'soak'
    if (required || version || soak > 0)
      problems.push(
        `${reader.source(meant)}: no Deployment is named whose rollout is to be waited for; name them with --rollout or LOTSE_ROLLOUT`,
      )
    return undefined
  }
  if (!version)
    problems.push(
      `${reader.source('rolloutVersion')}: a rollout is only proven for a version; name the one that the annotation lotse/version of the pod templates has`,
    )
  const namespace = parseName(reader, 'namespace', problems) || undefined
  return { deployments, selector, namespace, version, timeout: reader.duration('rolloutTimeout'), soak }
}

/** The value of an option that names an object of Kubernetes. */
function parseName(reader: Reader, option: OptionName, problems: string[]): string {
  const value = reader.text(option)
  if (value && !kubernetesName.test(value))
    problems.push(`${reader.source(option)}: "${value}" is not a name that Kubernetes allows`)
  return value
}

/** What `lotse wait` waits for, besides services: without a Job and without services, it must be the database. */
export function parseGate(reader: Reader, services: boolean, problems: string[]): Gate {
  const [job, namespace] = [parseName(reader, 'job', problems), parseName(reader, 'namespace', problems)]
  const checkDatabase = reader.isOn('databaseCheck')
  if (!checkDatabase && !job && !services)
    problems.push(
      `${reader.source('databaseCheck')}: without the database only a Job can decide; name it with --job or LOTSE_JOB, or name services with --wait-for`,
    )
  return {
    job: job ? { name: job, namespace: namespace || undefined } : undefined,
    run: reader.text('run') || undefined,
    absentAfter: reader.duration('absentAfter', 0),
    checkDatabase,
  }
}
