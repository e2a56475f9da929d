import { setTimeout as delay } from 'node:timers/promises'
import { connectCluster } from '../cluster/connection.ts'
import { type JobState, readJob } from '../cluster/job.ts'
import { printFailedLog } from '../cluster/job-log.ts'
import type { JobName } from '../config/cluster.ts'
import type { Config } from '../config/config.ts'
import { formatDuration } from '../config/duration.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'

/** What a Job has decided, in a sentence; never returned where it decides nothing. */
type Decision = string

/**
 * Watches a Job until it fails, and where it `decides` also until it is complete or has been absent for long. Throws MigrationFailed
 * when it failed, after its log, WaitTimeout when the budget is spent, ConfigInvalid without permission to get it.
 * Asks again and again with get, because a watch needs a permission more.
 */
export async function watchJob(
  { gate, budget }: Config,
  job: JobName,
  decides: boolean,
  signal: AbortSignal,
  emit: Emit,
): Promise<Decision> {
  const connection = await connectCluster()
  const name = `${job.namespace ?? connection.namespace}/${job.name}`
  const started = performance.now()
  const elapsed = (): number => performance.now() - started
  let absentSince: number | undefined
  let said: { readonly text: string; readonly at: number } | undefined
  for (;;) {
    const left = Math.max(1_000, Math.min(5_000, budget.run - elapsed()))
    const state = await readJob(connection, job, gate.run, left)
    if (state.kind === 'failed') {
      const message = await printFailedLog(connection, job, state.uid, emit)
      throw failed(name, job.name, state, message, decides)
    }
    absentSince = state.kind === 'absent' ? (absentSince ?? elapsed()) : undefined
    if (decides && state.kind === 'complete') return `Job ${name} is complete`
    if (decides && absentSince !== undefined && elapsed() - absentSince >= gate.absentAfter)
      return `Job ${name} was ${state.text} for ${formatDuration(gate.absentAfter)}, so it is taken for done and cleaned up`
    const pause = 1_000 + Math.random() * 1_000
    if (decides && elapsed() + pause > budget.run) throw timeout(name, state, budget.run)
    if (said?.text !== state.text || (decides && elapsed() - said.at > 10_000)) {
      said = { text: state.text, at: elapsed() }
      emit({ event: 'job.waiting', job: name, state: state.text, elapsed: elapsed(), budget: budget.run })
    }
    await delay(pause, undefined, { signal }).catch(() => {
      throw signal.reason
    })
  }
}

/** Where the Job decides, a gate takes one that was deleted for done, so that it may only be deleted when its work is. */
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
