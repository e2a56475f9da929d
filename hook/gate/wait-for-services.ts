import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Config, describeService, type Service } from '../config/config.ts'
import { messageOf } from '../database/errors.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'

/**
 * Waits until every service of `config.waitFor` accepts a TCP connection, for at most the budget for connecting. Returns the
 * configuration with what is left of that budget, since the database is part of the same wait. Throws WaitTimeout that names
 * the services that never answered, and the signal's reason when it aborts.
 */
export async function awaitServices(config: Config, signal: AbortSignal, emit: Emit): Promise<Config> {
  if (config.waitFor.length === 0) return config
  const started = performance.now()
  const budget = config.budget.connect
  const missing = await Promise.all(config.waitFor.map((service) => untilAnswered(service, budget, signal, emit)))
  const lines = missing.filter((line) => line !== undefined)
  if (lines.length > 0) throw neverAnswered(lines, budget)
  const left = Math.max(1_000, budget - (performance.now() - started))
  return { ...config, budget: { ...config.budget, connect: left } }
}

/** Returns nothing once the service has answered, or what is wrong with it when the budget, in milliseconds, is spent. */
async function untilAnswered(
  service: Service,
  budget: number,
  signal: AbortSignal,
  emit: Emit,
): Promise<string | undefined> {
  const started = performance.now()
  const elapsed = (): number => performance.now() - started
  const name = describeService(service)
  let reported = Number.NEGATIVE_INFINITY
  for (;;) {
    signal.throwIfAborted()
    const error = await refusal(service, Math.max(1, budget - elapsed()), signal)
    if (error === undefined) {
      emit({ event: 'service.answered', service: name, elapsed: elapsed() })
      return undefined
    }
    const pause = 250 + Math.random() * 500
    if (elapsed() + pause > budget) return `- ${name}: ${error}`
    if (elapsed() - reported > 10_000) {
      reported = elapsed()
      emit({ event: 'service.waiting', service: name, error, elapsed: elapsed(), budget })
    }
    await delay(pause, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
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
  const what = lines.length === 1 ? 'a service that' : `${lines.length} services that`
  return new Failure('WaitTimeout', {
    summary: `${what} the migrations need did not answer within ${Math.round(budget / 1000)} s`,
    details: lines,
    state: ['The database was not touched.'],
    remedy:
      'check that it is up, and that host and port in migrations.waitFor (LOTSE_WAIT_FOR) are right, then run it again; LOTSE_CONNECT_TIMEOUT is how long to wait',
  })
}
