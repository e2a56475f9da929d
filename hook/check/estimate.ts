import type { Wait } from '../migration/finding.ts'
import type { Table } from './rules/facts.ts'
import type { Touch, Work } from './rules/rule.ts'

/** Bytes of a megabyte, as people read sizes. */
const megabyte = 1_000_000

/**
 * How many megabytes a second a server gets through, slowest and fastest: from a cloud disk's cold cache on a busy machine to warm
 * memory. Measured on PostgreSQL 17 with two busy cores and tables of 10 thousand to 3 million rows, every time was within the range.
 */
const byDefault: Readonly<Record<Exclude<Work, 'none'>, Rate>> = {
  scan: { slow: 100, fast: 2_000 },
  build: { slow: 15, fast: 200 },
  compare: { slow: 15, fast: 400 },
  rewrite: { slow: 10, fast: 150 },
  change: { slow: 5, fast: 100 },
}

type Rate = { readonly slow: number; readonly fast: number; readonly runs?: number }

/** What a server gets through, by the runs that it has done; the default holds for work that is missing. */
export type Rates = Readonly<Record<string, Rate>>

/** For about how long a statement works under its locks; undefined where it does not, or a table's size is unknown. `own` are this server's rates. */
export function estimate(touches: readonly Touch[], own: Rates = {}): Wait | undefined {
  const working = touches.filter(({ work }) => work !== 'none')
  if (working.length === 0 || working.some(({ table }) => table.bytes === undefined)) return undefined
  let [least, most] = [0, 0]
  const used = new Set<string>()
  for (const { table, work } of working) {
    if (work === 'none') continue
    const { slow, fast, runs } = own[work] ?? byDefault[work]
    const bytes = bytesOf(table, work)
    least += (bytes / fast / megabyte) * 1_000
    most += (bytes / slow / megabyte) * 1_000
    const by = runs === undefined ? 'by default' : `by ${runs} past run${runs === 1 ? '' : 's'} here`
    used.add(`${shown(slow)} to ${shown(fast)} MB/s ${by}`)
    // A materialized view is locked while its query reads other tables, however little that finds.
    if (work !== 'rewrite' || !table.sourceBytes) continue
    least += (table.sourceBytes / byDefault.scan.fast / megabyte) * 1_000
    most += (table.sourceBytes / byDefault.scan.slow / megabyte) * 1_000
  }
  return { least, most, rates: [...used].join(', ') }
}

function shown(rate: number): string {
  return rate >= 10 ? Math.round(rate).toLocaleString('en') : rate.toFixed(1)
}

/** Bytes that the work is about: a rewrite writes TOAST and the indexes as well; what only reads, reads the heap. */
export function bytesOf({ heapBytes = 0, bytes = 0, indexBytes = 0 }: Table, work: Work): number {
  return work === 'rewrite' || work === 'change' ? bytes + indexBytes : heapBytes
}

/** Milliseconds that nobody notices: shorter than many a query of an application. */
const unnoticed = 500

/** Bytes below which a table is small where only a lock counts, not the work. */
const smallTable = 10 * megabyte

/** Whether what a statement does to a table is over before anybody notices. Of unknown size, it is not. */
export function isSmall(touches: readonly Touch[], kind: 'blocking' | 'brief', own: Rates = {}): boolean {
  if (kind === 'brief' && touches.every(({ work }) => work === 'none'))
    return touches.every(({ table: { bytes } }) => bytes !== undefined && bytes < smallTable)
  const wait = estimate(touches, own)
  return wait !== undefined && wait.most < unnoticed
}
