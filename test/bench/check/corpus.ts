import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { harmful, harmless } from '../../fixtures/check/statements.ts'
import type { Application } from './old-version.ts'

/** `brief`: a strong lock on a large table without work under it, which some linters tell and others do not; it counts for nobody. */
export type Label = 'harmful' | 'harmless' | 'brief'

export type Entry = {
  readonly application: Application
  /** The folder in whose style it is written. */
  readonly style: string
  readonly label: Label
  /** Of the table that it touches: large, small, fresh (the same file makes it), or none. */
  readonly size: string
  readonly sql: string
  /** Whether it runs in one transaction. */
  readonly transaction: boolean
}

const folder = join(import.meta.dirname, 'corpus')

/** The statements of corpus/, each behind a line `--- LABEL SIZE`, and the examples of the tests. Throws on a line of another form. */
export function readCorpus(): readonly Entry[] {
  const own = readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split(/^(?=--- )/m)
      .map((part): Entry => {
        const [, label, size, sql = ''] =
          /^--- (harmful|harmless|brief) (large|small|fresh|none)\n([\s\S]+)$/.exec(part) ?? []
        if (!label || !size) throw new Error(`${file}: no label in ${JSON.stringify(part.slice(0, 60))}`)
        return entry('shop', file.replace('.sql', ''), label as Label, size, sql.trim())
      }),
  )
  return [
    ...own,
    ...harmful.map(([sql, , lock]) => entry('examples', 'examples', 'harmful', lock ? 'large' : 'none', sql)),
    ...harmless.map((sql) =>
      entry('examples', 'examples', 'harmless', /lines|logs_2030/.test(sql) ? 'fresh' : sizeOf(sql), sql),
    ),
  ]
}

function sizeOf(sql: string): string {
  return /currencies|order_sums/.test(sql) ? 'small' : 'large'
}

function entry(application: Application, style: string, label: Label, size: string, sql: string): Entry {
  return { application, style, label, size, sql, transaction: !sql.includes('lotse: no-transaction') }
}
