import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { must, type Result, run, until } from './command.ts'
import type { Namespace } from './namespace.ts'

export type Operation = {
  readonly phase: 'Running' | 'Terminating' | 'Succeeded' | 'Failed' | 'Error'
  readonly message: string
  readonly retryCount?: number
  readonly operation: {
    readonly info?: readonly { readonly value: string }[]
    readonly initiatedBy?: { readonly automated?: boolean }
    readonly sync?: { readonly resources?: readonly { readonly name: string }[] }
  }
  /** What became of each object, hooks among them. */
  readonly syncResult?: { readonly resources?: readonly SyncedObject[] }
}

export type SyncedObject = {
  readonly kind: string
  readonly name: string
  readonly status?: string
  readonly hookPhase?: string
  readonly message?: string
}

export type Application = {
  readonly name: string
  /** Syncs to a commit as `argocd app sync` does; returns how that ended. */
  readonly sync: (revision: string, options?: SyncOptions) => Promise<Operation>
  /** `argocd app VERB NAME …`, what a person types. */
  readonly cli: (verb: string, ...args: string[]) => Promise<Result>
  /** Waits until Argo CD, having compared anew, finds a commit in this state: `Synced Healthy`, `OutOfSync Degraded` and so on. */
  readonly becomes: (state: string, revision: string) => Promise<void>
  /** The state that comes out when Argo CD reads and compares everything anew. */
  readonly compared: () => Promise<string>
  /** Waits until its last operation, whoever began it, is over and fulfils a condition. */
  readonly operation: (what: string, fulfils: (operation: Operation) => boolean) => Promise<Operation>
  readonly status: () => Promise<Status>
  /** Deletes it and, by its finalizer, what it made. */
  readonly delete: () => Promise<void>
}

export type SyncOptions = { readonly prune?: boolean; readonly syncOptions?: readonly string[] }

export type Status = {
  readonly sync?: { readonly status: string; readonly revision?: string }
  readonly health?: { readonly status: string }
  readonly operationState?: Operation & { readonly finishedAt?: string }
  readonly history?: readonly { readonly id: number; readonly revision: string }[]
  readonly conditions?: readonly { readonly type: string; readonly message: string }[]
}

type Seen = { readonly metadata: { readonly annotations?: object }; readonly status?: Status }

/** Creates the Application of a file, for a namespace and from a repository of the story's own. */
export async function createApplication(file: string, namespace: Namespace, repoURL: string): Promise<Application> {
  const { name } = namespace
  const manifest = parse(readFileSync(file, 'utf8'))
  Object.assign(manifest.metadata, { name })
  Object.assign(manifest.spec.destination, { namespace: name })
  Object.assign(manifest.spec.source, { repoURL })
  await must('kubectl', ['apply', '-f', '-'], { input: JSON.stringify(manifest) })

  const kubectl = (...args: string[]): Promise<string> => must('kubectl', ['--namespace', 'argocd', ...args])
  const application = `application.argoproj.io/${name}`
  let [status, refreshing]: [Status, boolean] = [{}, false]
  const look = async (): Promise<Status> => {
    const seen = await namespace.get<Seen>('apis/argoproj.io/v1alpha1', `applications/${name}`, 'argocd')
    ;[status, refreshing] = [seen.status ?? {}, 'argocd.argoproj.io/refresh' in (seen.metadata.annotations ?? {})]
    return status
  }
  const refresh = (kind: 'normal' | 'hard'): Promise<string> =>
    kubectl('annotate', application, `argocd.argoproj.io/refresh=${kind}`, '--overwrite')
  const state = (): string => `${status.sync?.status} ${status.health?.status}`
  const told = (): string =>
    [
      `it is ${state()} at ${status.sync?.revision}`,
      `its last operation ${status.operationState?.phase}: ${status.operationState?.message}`,
      ...(status.conditions ?? []).map(({ type, message }) => `${type}: ${message}`),
    ].join('\n')
  const operation: Application['operation'] = (what, fulfils) =>
    until(
      () => `${what} of ${name}; ${told()}`,
      async () => {
        const last = (await look()).operationState
        return last?.finishedAt && last.phase !== 'Running' && fulfils(last) ? last : undefined
      },
      180_000,
    )
  return {
    name,
    sync: async (revision, options) => {
      const id = randomUUID()
      const info = [{ name: 'id', value: id }]
      const sync = { revision, syncStrategy: { hook: {} }, ...options }
      // Without the null Argo CD takes what the operation before has done for done: it runs no hook and applies nothing.
      const patch = { operation: { initiatedBy: { username: 'story' }, info, sync }, status: { operationState: null } }
      await kubectl('patch', application, '--type', 'merge', '--patch', JSON.stringify(patch))
      return operation(`the end of the sync to ${revision}`, (last) => last.operation.info?.[0]?.value === id)
    },
    cli: (verb, ...args) => run('argocd', ['app', verb, name, ...args]),
    becomes: async (wanted, revision) => {
      await refresh('normal')
      await until(
        () => `${name} is ${wanted} at ${revision}; ${told()}`,
        async () => (await look()).sync?.revision === revision && state() === wanted && !refreshing,
        120_000,
      )
    },
    compared: async () => {
      await refresh('hard')
      return until(
        () => `${name} is compared; ${told()}`,
        async () => {
          await look()
          return !refreshing && state()
        },
      )
    },
    operation,
    status: look,
    delete: async () => {
      await kubectl('delete', application, '--ignore-not-found', '--timeout=60s')
    },
  }
}
