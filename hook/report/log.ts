import { pino } from 'pino'
import type { LogFormat } from '../config/config.ts'
import type { Emit, Event } from '../event.ts'
import { exitCodes } from '../failure.ts'
import { sentence } from './text.ts'

/** Where a log goes. On a terminal the progress of a long migration is redrawn in place. */
export type Output = { readonly write: (text: string) => void; readonly isTerminal: boolean }

/** How often a long migration says so where nothing can be redrawn. Milliseconds. */
const progressPeriod = 15_000

/** Makes the log of a run: pino events with stable names, written as sentences or as JSON, one object a line. */
export function makeLog(format: LogFormat, output: Output): Emit {
  const redraws = format === 'text' && output.isTerminal
  const write = format === 'json' ? output.write : readable(output)
  const logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    { write },
  )
  let reported = Number.NEGATIVE_INFINITY
  return (event) => {
    if (event.event === 'migration.progress' && !redraws) {
      const now = performance.now()
      if (now - reported < progressPeriod || event.elapsed < progressPeriod / 3) return
      reported = now
    }
    logger[levelOf(event)](fieldsOf(event), sentence(event))
  }
}

function levelOf({ event }: Event): 'error' | 'warn' | 'info' {
  switch (event) {
    case 'run.failed':
      return 'error'
    case 'database.waiting':
    case 'connection.lost':
    case 'lock.waiting':
    case 'plan.ahead':
    case 'migration.retried':
    case 'index.repaired':
    case 'schema.waiting':
    case 'job.waiting':
    case 'job.unreadable':
    case 'events.failed':
    case 'signal.received':
      return 'warn'
    default:
      return 'info'
  }
}

function fieldsOf(event: Event): object {
  if (event.event !== 'run.failed') return event
  const { failure, ...rest } = event
  const { reason, message: summary, details, state, remedy } = failure
  return { ...rest, reason, exitCode: exitCodes[reason], summary, details, state, remedy }
}

/** `12:00:01 sentence`; further lines stand below it unchanged. A progress line is drawn over by what comes next. */
function readable({ write, isTerminal }: Output): (line: string) => void {
  let drawn = false
  return (line) => {
    const { time, msg, event } = JSON.parse(line) as { time: string; msg: string; event: string }
    const text = `${time.slice(11, 19)} ${msg}`
    const over = drawn ? '\r\u001b[2K' : ''
    drawn = isTerminal && event === 'migration.progress' && !msg.includes('\n')
    write(drawn ? `${over}${text}` : `${over}${text}\n`)
  }
}
