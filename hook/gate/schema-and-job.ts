import type { JobName } from '../config/cluster.ts'
import type { Config } from '../config/config.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { wait } from './wait-for-schema.ts'
import { watchJob } from './watch-job.ts'

/**
 * Waits for the schema as `wait` does and, from the moment it is known not to be ready, looks at the migrator's Job too: when that
 * fails, waiting longer would help nobody. Without a look at the database the Job alone decides. Returns why the pod may start.
 * Throws what `wait` throws, and MigrationFailed when the Job failed.
 */
export async function gate(config: Config, job: JobName, signal: AbortSignal, emit: Emit): Promise<string | undefined> {
  if (!config.gate.checkDatabase) return watchJob(config, job, 'decides', signal, emit)
  const done = new AbortController()
  const either = AbortSignal.any([signal, done.signal])
  const jobFailed = Promise.withResolvers<never>()
  let jobState: string | undefined
  let watching = false
  const watchOnce = (): void => {
    if (watching) return
    watching = true
    const noteState = (sentence: string): void => {
      jobState = sentence
    }
    watchJob(config, job, 'warns', either, emit, noteState).catch(jobFailed.reject)
  }
  try {
    await Promise.race([wait(config, either, emit, watchOnce), jobFailed.promise])
    return undefined
  } catch (error) {
    throw error instanceof Failure && error.reason !== 'MigrationFailed' && jobState
      ? error.with({ details: [jobState] })
      : error
  } finally {
    done.abort()
  }
}
