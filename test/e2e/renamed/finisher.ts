import { until } from '../../support/command.ts'
import type { Namespace } from '../../support/namespace.ts'

export type Finisher = {
  /** Starts it as a person does, as a Job of this name. */
  readonly start: (job: string) => Promise<unknown>
  /** Waits until its pods have printed this; `job` may be left out where the schedule has started it. */
  readonly says: (text: string | RegExp, job?: string) => Promise<string>
  /** Waits until a Job is over; returns how, with the exit code and the message of its last pod. */
  readonly ends: (job: string) => Promise<End>
  /** Names of its Jobs that run. */
  readonly running: () => Promise<string[]>
  readonly pods: (job: string) => Promise<string[]>
}

export type End = {
  readonly how: 'Complete' | 'Failed'
  readonly exitCode: number | undefined
  readonly message: string | undefined
}

type Job = {
  readonly metadata: { readonly name: string; readonly ownerReferences?: readonly { readonly name: string }[] }
  readonly status?: {
    readonly active?: number
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}
type Pod = {
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly state?: { readonly terminated?: { readonly exitCode: number; readonly message?: string } }
    }[]
  }
}

/** The finisher of the release `shop`. */
export function finisherOf(namespace: Namespace): Finisher {
  const labels = (job?: string): string =>
    job ? `batch.kubernetes.io/job-name=${job}` : 'app.kubernetes.io/component=finisher'
  const read = (job?: string): Promise<string> => namespace.kubectl('logs', '--tail=-1', '-l', labels(job))
  return {
    start: (job) => namespace.kubectl('create', 'job', job, '--from=cronjob/shop-finisher'),
    says: (text, job) => {
      let printed = 'nothing'
      return until(
        () => `the finisher says ${text}; it says:\n${printed}`,
        async () => {
          printed = await read(job)
          return (typeof text === 'string' ? printed.includes(text) : text.test(printed)) && printed
        },
        120_000,
      )
    },
    ends: (job) =>
      until(
        `the Job ${job} is over`,
        async () => {
          const { status } = await namespace.get<Job>('apis/batch/v1', `jobs/${job}`)
          const how = status?.conditions?.find(
            ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
          )?.type as End['how'] | undefined
          if (!how) return undefined
          const path = `pods?labelSelector=${encodeURIComponent(labels(job))}`
          const { items } = await namespace.get<{ items: Pod[] }>('api/v1', path)
          const ended = items.map((pod) => pod.status.containerStatuses?.[0]?.state?.terminated).findLast(Boolean)
          return { how, exitCode: ended?.exitCode, message: ended?.message }
        },
        120_000,
      ),
    running: async () => {
      const { items } = await namespace.get<{ items: Job[] }>('apis/batch/v1', 'jobs')
      return items
        .filter(({ metadata, status }) => metadata.ownerReferences?.[0]?.name === 'shop-finisher' && status?.active)
        .map(({ metadata }) => metadata.name)
    },
    pods: (job) => namespace.pods(labels(job)),
  }
}
