/** One run of a process: milliseconds, and its largest resident size in KiB. */
export type Result = {
  readonly code: number
  readonly elapsed: number
  readonly memory: number
  readonly error: string
}

/** Prints a table, the fastest first: medians, and the median of the ratios to `base` in the same round. */
export function report(title: string, base: string, results: ReadonlyMap<string, readonly Result[]>): void {
  const bases = results.get(base) ?? []
  const rows = [...results].map(([name, runs]) => ({
    name,
    elapsed: median(runs.map((run) => run.elapsed)),
    fastest: Math.min(...runs.map((run) => run.elapsed)),
    memory: median(runs.map((run) => run.memory)),
    ratio: median(runs.map((run, round) => run.elapsed / (bases[round]?.elapsed ?? Number.NaN))),
  }))
  const bare = rows.find(({ name }) => name === 'node -e 0')?.memory
  console.log(`\n${title} (${bases.length} rounds)\n`)
  print(['', 'median ms', 'fastest ms', `× ${base}`, 'peak MiB', ...(bare === undefined ? [] : ['× node -e 0'])])
  for (const { name, elapsed, fastest, ratio, memory } of rows.sort((a, b) => a.ratio - b.ratio)) {
    print([
      name,
      elapsed.toFixed(0),
      fastest.toFixed(0),
      ratio.toFixed(2),
      (memory / 1024).toFixed(0),
      ...(bare === undefined ? [] : [(memory / bare).toFixed(2)]),
    ])
  }
}

function print([name = '', ...figures]: readonly string[]): void {
  console.log(`  ${name.padEnd(24)}${figures.map((figure) => figure.padStart(14)).join('')}`)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}
