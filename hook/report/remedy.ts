import type { Env } from '../config/reader.ts'
import type { Remedy } from '../failure.ts'

/** Who started Lotse, and so how it is started again: the chart, or a person with a shell. */
export type Starter = 'chart' | 'shell'

/** The chart tells every container of Lotse the release that it belongs to. */
export function starterOf(env: Env): Starter {
  return env.LOTSE_RELEASE ? 'chart' : 'shell'
}

/** A remedy as an imperative that a person can follow. Pure. */
export function remedyText(remedy: Remedy, starter: Starter): string {
  const again = starter === 'chart' ? 'run the same helm upgrade again' : 'run lotse up again'
  switch (remedy.kind) {
    case 'text':
      return remedy.text
    case 'correctFile':
      return remedyText({ kind: 'changeFiles', change: `correct ${remedy.file}` }, starter)
    case 'changeFiles':
      return starter === 'chart' ? `${remedy.change}, rebuild the image, and ${again}` : `${remedy.change} and ${again}`
    case 'runAgain':
      return `${remedy.after}, then ${again}`
    case 'grant':
      return `run ${remedy.statements.join('; ')} as ${remedy.as}, then ${again}`
  }
}
