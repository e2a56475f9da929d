import { pino } from 'pino'
import type { LogFormat } from '../config/config.ts'
import type { Emit, Event } from '../event.ts'
import { exitCodes } from '../failure.ts'
import { sentence } from './text.ts'

type Write = (line: string) => void

/** Makes the log of a run: pino events with stable names, written as sentences or as JSON, one object a line. */
export function makeLog(format: LogFormat, write: Write): Emit {
  const destination = format === 'json' ? { write } : { write: (line: string) => write(readable(line)) }
  const logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    destination,
  )
  return (event) => logger[levelOf(event)](fieldsOf(event), sentence(event))
}

function levelOf({ event }: Event): 'error' | 'warn' | 'info' {
  switch (event) {
    case 'run.failed':
      return 'error'
    case 'database.waiting':
    case 'lock.waiting':
    case 'plan.ahead':
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

/** `12:00:01 sentence`; the further lines of a failure stand below it unchanged. */
function readable(line: string): string {
  const { time, msg } = JSON.parse(line) as { time: string; msg: string }
  return `${time.slice(11, 19)} ${msg}\n`
}
