import { once } from 'node:events'
import { connect } from 'node:net'
import { type Config, describeService, type Service } from '../config/config.ts'
import { messageOf } from '../database/errors.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import { poll } from '../poll.ts'

/**
 * Waits until every service of `config.waitFor` accepts a TCP connection, for at most the budget for connecting. Returns what is left
 * of that budget, in milliseconds, since the database is part of the same wait. Throws WaitTimeout that names the services that never
 * answered, and the signal's reason when it aborts.
 */
export async function awaitServices({ waitFor, budget }: Config, signal: AbortSignal, emit: Emit): Promise<number> {
  if (waitFor.length === 0) return budget.connect
  const started = performance.now()
  const missing = await Promise.all(waitFor.map((service) => untilAnswered(service, budget.connect, signal, emit)))
  const lines = missing.filter((line) => line !== undefined)
  if (lines.length > 0) throw neverAnswered(lines, budget.connect)
  return Math.max(1_000, budget.connect - (performance.now() - started))
}

/** Returns nothing once the service has answered, or what is wrong with it when the budget, in milliseconds, is spent. */
async function untilAnswered(
  service: Service,
  budget: number,
  signal: AbortSignal,
  emit: Emit,
): Promise<string | undefined> {
  const name = describeService(service)
  const ended = await poll<undefined, string>(
    {
      budget,
      signal,
      pause: () => 250 + Math.random() * 500,
      report: (error, elapsed) => emit({ event: 'service.waiting', service: name, error, elapsed, budget }),
    },
    async (left) => {
      const error = await refusal(service, Math.max(1, left), signal)
      return error === undefined ? { kind: 'found', value: undefined } : { kind: 'waiting', state: error }
    },
  )
  if (ended.kind === 'timeout') return `- ${name}: ${ended.state}`
  emit({ event: 'service.answered', service: name, elapsed: ended.elapsed })
  return undefined
}

/** Connects once and hangs up. Returns why that failed, or nothing. */
async function refusal({ host, port }: Service, left: number, signal: AbortSignal): Promise<string | undefined> {
  const socket = connect({ host, port })
  const timeout = AbortSignal.timeout(Math.ceil(Math.min(5_000, left)))
  try {
    await once(socket, 'connect', { signal: AbortSignal.any([signal, timeout]) })
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    return timeout.aborted ? 'no answer' : messageOf(error)
  } finally {
    socket.destroy()
  }
}

function neverAnswered(lines: readonly string[], budget: number): Failure {
  const what = lines.length === 1 ? 'a service' : `${lines.length} services`
  return new Failure('WaitTimeout', {
    summary: `${what} did not answer within ${Math.round(budget / 1000)} s`,
    details: lines,
    state: ['The database was not touched.'],
    remedy:
      'check that it is up, and that host and port are right (LOTSE_WAIT_FOR, in the chart migrations.waitFor), then run it again; LOTSE_CONNECT_TIMEOUT sets how long to wait',
  })
}
