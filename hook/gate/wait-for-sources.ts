import { readFileSync } from 'node:fs'
import { formatDuration } from '../config/duration.ts'
import type { Env } from '../config/reader.ts'
import { describeMissing, isMissing, isVariable, type Source } from '../config/sources.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { poll } from '../poll.ts'

/**
 * Waits until what was missing when the container started is there, for at most `patience` milliseconds. Returns the variables among
 * it: Kubernetes never sets those of a running container, but it does fill in its files, within about a minute. Throws ConfigInvalid that names each one that is missing, and the signal's reason when it aborts.
 */
export async function awaitSources(
  late: readonly Source[],
  { env, namespace, patience, signal, emit }: Circumstances,
): Promise<Env> {
  const describe = (missing: readonly Source[]): string[] => missing.map((each) => describeMissing(each, namespace))
  const ended = await poll<true, readonly Source[]>(
    {
      budget: patience,
      signal,
      pause: () => 500 + Math.random() * 500,
      identity: (missing) => missing.length,
      report: (missing, elapsed) =>
        emit({ event: 'source.waiting', missing: describe(missing), elapsed, budget: patience }),
    },
    async () => {
      const missing = late.filter((each) => isMissing(each, env))
      return missing.length === 0 ? { kind: 'found', value: true } : { kind: 'waiting', state: missing }
    },
  )
  if (ended.kind === 'timeout') throw neverCame(describe(ended.state), patience, namespace)
  const files = late.filter(isVariable).flatMap(({ what, at }) => (at === undefined ? [] : [[what, at] as const]))
  return Object.fromEntries(files.map(([what, at]) => [what, readFileSync(at, 'utf8')]))
}

type Circumstances = {
  readonly env: Env
  /** Where the container runs, for messages. */
  readonly namespace: string | undefined
  /** Milliseconds; 0 for a single look. */
  readonly patience: number
  readonly signal: AbortSignal
  readonly emit: Emit
}

function neverCame(missing: readonly string[], patience: number, namespace: string | undefined): Failure {
  const [first = '', ...others] = missing
  const many = others.length > 0
  const waited = patience > 0 ? [`Waited for ${formatDuration(patience)}.`] : []
  return new Failure('ConfigInvalid', {
    summary: many ? `${missing.length} things that this container needs are missing` : first,
    details: many ? missing.map((line) => `- ${line}`) : [],
    state: [...waited, 'Nothing was done; the database was not touched.'],
    remedy: {
      kind: 'runAgain',
      after: `create what is missing, or correct its name or key in the values (kubectl ${namespace ? `-n ${namespace} ` : ''}get secrets,configmaps lists what there is)`,
    },
  })
}
