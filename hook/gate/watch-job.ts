import { connectCluster } from '../cluster/connection.ts'
import { type JobState, readJob } from '../cluster/job.ts'
import { printFailedLog } from '../cluster/job-log.ts'
import type { JobName } from '../config/cluster.ts'
import type { Config } from '../config/config.ts'
import { formatDuration } from '../config/duration.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { poll } from '../poll.ts'

/** Between two looks; the spread keeps many pods from looking at once. Milliseconds. */
const pause = { least: 1_000, spread: 1_000 }

/** How long the Kubernetes API may take to answer, however much of the budget is left. Milliseconds. */
const patience = { least: 1_000, most: 5_000 }

/** What a gate makes of the Job: `decides` alone when its pod may start, or only `warns` that waiting has become useless. */
export type Role = 'decides' | 'warns'

/**
 * Watches a Job until it fails, and where it decides also until it is complete or has been absent for long; returns that in a
 * sentence. Calls `onState` with how the Job stands, whenever that changes. Throws MigrationFailed when it failed, after its log,
 * WaitTimeout when the budget is spent, ConfigInvalid without permission to get it.
 * Asks again and again with get, because a watch needs a permission more.
 */
export async function watchJob(
  { gate, budget }: Config,
  job: JobName,
  role: Role,
  signal: AbortSignal,
  emit: Emit,
  onState: (sentence: string) => void = () => {},
): Promise<string> {
  const connection = await connectCluster()
  const name = `${job.namespace ?? connection.namespace}/${job.name}`
  const decides = role === 'decides'
  const started = performance.now()
  const elapsed = (): number => performance.now() - started
  let absentSince: number | undefined
  let told: string | undefined
  const ended = await poll<string, JobState>(
    {
      budget: decides ? budget.run : Number.POSITIVE_INFINITY,
      signal,
      pause: () => pause.least + Math.random() * pause.spread,
      identity: ({ text }) => text,
      report: ({ text }, elapsed) => {
        if (text === told && !decides) return
        told = text
        emit({ event: 'job.waiting', job: name, state: text, elapsed, budget: budget.run })
        onState(`Job ${name} is ${text}.`)
      },
    },
    async () => {
      const left = Math.max(patience.least, Math.min(patience.most, budget.run - elapsed()))
      const state = await readJob(connection, job, gate.run, left)
      if (state.kind === 'failed') {
        const message = await printFailedLog(connection, job, state.uid, emit)
        throw failed(name, job.name, state, message, decides)
      }
      absentSince = state.kind === 'absent' ? (absentSince ?? elapsed()) : undefined
      if (decides && state.kind === 'complete') return { kind: 'found', value: `Job ${name} is complete` }
      if (decides && absentSince !== undefined && elapsed() - absentSince >= gate.absentAfter) {
        const missing = formatDuration(gate.absentAfter)
        return {
          kind: 'found',
          value: `Job ${name} was ${state.text} for ${missing}, so it is assumed completed and cleaned up`,
        }
      }
      return { kind: 'waiting', state }
    },
  )
  if (ended.kind === 'timeout') throw timeout(name, ended.state, budget.run)
  return ended.value
}

/** Where the Job decides, a gate assumes that a deleted Job was completed: delete it only when its work is done. */
function failed(name: string, job: string, { text }: JobState, message: string, decides: boolean): Failure {
  const [namespace] = name.split('/')
  const deletion = `kubectl delete job ${job} -n ${namespace}`
  const again = decides
    ? `to run it again without a release, start a Job on demand (kubectl create job NAME --from=cronjob/...) and only when that is complete ${deletion}, without which this gate opens`
    : `to run the same Job again, ${deletion} and repeat the helm upgrade, sync or kubectl apply`
  return new Failure('MigrationFailed', {
    summary: `Job ${name} ${text}`,
    details: message.trim() ? message.trim().split('\n') : [],
    state: ['This pod does not start before the migration has succeeded.'],
    remedy: `correct what the log says and roll out again; ${again}`,
  })
}

function timeout(name: string, { text }: JobState, budget: number): Failure {
  return new Failure('WaitTimeout', {
    summary: `Job ${name} was not complete after ${formatDuration(budget)}: it is ${text}`,
    state: ['This pod did not start; it is tried again. Nothing was changed.'],
    remedy: `see what it waits for: kubectl describe job/${name.split('/')[1]}, kubectl logs job/${name.split('/')[1]}`,
  })
}
