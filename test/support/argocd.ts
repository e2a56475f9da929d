import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { must, until } from './command.ts'
import type { Namespace } from './namespace.ts'

export type Operation = {
  readonly phase: 'Running' | 'Terminating' | 'Succeeded' | 'Failed' | 'Error'
  readonly message: string
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
  /** Syncs to a commit as `argocd app sync` does; returns how that ended. */
  readonly sync: (revision: string) => Promise<Operation>
  /** Waits until Argo CD finds a commit in this state: `Synced Healthy`, `OutOfSync Degraded` and so on. */
  readonly becomes: (state: string, revision: string) => Promise<void>
  /** Deletes it and, by its finalizer, what it made. */
  readonly delete: () => Promise<void>
}

type Status = {
  readonly sync?: { readonly status: string; readonly revision?: string }
  readonly health?: { readonly status: string }
  readonly operationState?: Operation & {
    readonly operation: { readonly info?: readonly { readonly value: string }[] }
    readonly finishedAt?: string
  }
  readonly conditions?: readonly { readonly type: string; readonly message: string }[]
}

/** Creates the Application of a file, for a namespace and from a repository of the story's own. */
export async function createApplication(file: string, { name }: Namespace, repoURL: string): Promise<Application> {
  const manifest = parse(readFileSync(file, 'utf8'))
  Object.assign(manifest.metadata, { name })
  Object.assign(manifest.spec.destination, { namespace: name })
  Object.assign(manifest.spec.source, { repoURL })
  await must('kubectl', ['apply', '-f', '-'], { input: JSON.stringify(manifest) })

  const kubectl = (...args: string[]): Promise<string> => must('kubectl', ['--namespace', 'argocd', ...args])
  const application = `application.argoproj.io/${name}`
  let status: Status = {}
  const look = async (): Promise<Status> => {
    status = JSON.parse(await kubectl('get', application, '--output', 'json')).status ?? {}
    return status
  }
  const state = (): string => `${status.sync?.status} ${status.health?.status}`
  const told = (): string =>
    [
      `it is ${state()} at ${status.sync?.revision}`,
      `its last operation ${status.operationState?.phase}: ${status.operationState?.message}`,
      ...(status.conditions ?? []).map(({ type, message }) => `${type}: ${message}`),
    ].join('\n')
  return {
    sync: async (revision) => {
      const id = randomUUID()
      const info = [{ name: 'id', value: id }]
      const operation = { initiatedBy: { username: 'story' }, info, sync: { revision, syncStrategy: { hook: {} } } }
      // Without the null Argo CD takes what the operation before has done for done: it runs no hook and applies nothing.
      const patch = JSON.stringify({ operation, status: { operationState: null } })
      await kubectl('patch', application, '--type', 'merge', '--patch', patch)
      return until(
        () => `the sync of ${name} to ${revision} ended; ${told()}`,
        async () => {
          const run = (await look()).operationState
          return run?.operation.info?.[0]?.value === id && run.finishedAt ? run : undefined
        },
        180_000,
      )
    },
    becomes: async (wanted, revision) => {
      await kubectl('annotate', application, 'argocd.argoproj.io/refresh=normal', '--overwrite')
      await until(
        () => `${name} is ${wanted} at ${revision}; ${told()}`,
        async () => (await look()).sync?.revision === revision && state() === wanted,
        120_000,
      )
    },
    delete: async () => {
      await kubectl('delete', application, '--timeout=60s')
    },
  }
}
