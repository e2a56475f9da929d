import type { LogFormat } from '../config/config.ts'
import type { Emit, Event } from '../event.ts'
import { type Starter, sentence } from './sentences.ts'

/** Where a log goes. On a terminal the progress of a long migration is redrawn in place. */
export type Output = { readonly write: (text: string) => void; readonly isTerminal: boolean }

/** How often a long migration says so where nothing can be redrawn. Milliseconds. */
const progressPeriod = 15_000

/** Makes the log of a run: events with stable names, written as sentences, or by pino as JSON, one object a line. */
export async function makeLog(format: LogFormat, output: Output, starter: Starter): Promise<Emit> {
  const redraws = format === 'text' && output.isTerminal
  // pino is only loaded where it writes: that takes a tenth of a run that has nothing to do.
  const write =
    format === 'json' ? (await import('./json.ts')).jsonLines(output.write, starter) : sentences(output, starter)
  let reported = Number.NEGATIVE_INFINITY
  return (event) => {
    if (isProgress(event) && !redraws) {
      const now = performance.now()
      if (now - reported < progressPeriod) return
      if (event.event === 'migration.progress' && event.elapsed < progressPeriod / 3) return
      reported = now
    }
    write(event)
  }
}

function isProgress(event: Event): event is Extract<Event, { event: 'migration.progress' | 'backfill.progress' }> {
  return event.event === 'migration.progress' || event.event === 'backfill.progress'
}

/** A line that is drawn over must not go on in the next one, of which only the end would be: the terminal cuts it off (DECAWM). */
const [uncut, cut] = ['\u001b[?7h', '\u001b[?7l']

/** `12:00:01 sentence`; further lines stand below it unchanged. A progress line is drawn over by what comes next. */
function sentences({ write, isTerminal }: Output, starter: Starter): (event: Event) => void {
  let drawn = false
  return (event) => {
    const text = `${new Date().toISOString().slice(11, 19)} ${sentence(event, starter)}`
    const over = drawn ? '\r\u001b[2K' : ''
    drawn = isTerminal && isProgress(event) && !text.includes('\n')
    write(drawn ? `${over}${cut}${text}${uncut}` : `${over}${text}\n`)
  }
}
