import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

/** Tells the most memory that the process ever had, in MB, when it ends (proc(5), VmHWM). */
const tellPeak = `import { readFileSync } from 'node:fs'; process.on('exit', () => console.error('peak ' + Math.round(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1] / 1024)))`

/** A file of so many megabytes; its statements are such as a dump of data has. */
function textOf(megabytes: number, filling: string, ending: string): string {
  const statement = `insert into t values (1, '${filling.padEnd(1_000, filling)}');\n`
  return `create table t (id int, name text);\n${statement.repeat((megabytes * 1_000_000) / statement.length)}${ending}`
}

async function peakOf(text: string): Promise<{ peak: number; code: number | null; message: string }> {
  const { url } = await freshDatabase()
  const { code, output, terminationMessage } = await lotse(['up'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ '001_large.sql': text }),
    NODE_OPTIONS: `--import ${JSON.stringify(`data:text/javascript,${encodeURIComponent(tellPeak)}`)}`,
  })
  return { peak: Number(/^peak (\d+)$/m.exec(output)?.[1]), code, message: terminationMessage }
}

const error = 'select missing_column from t;\n'
test.each([
  [10, 'plain text of a row, ', error, 'column "missing_column" does not exist'],
  [25, 'plain text of a row, ', error, 'column "missing_column" does not exist'],
  [10, 'a token of a row, ', error, 'column "missing_column" does not exist'],
  [10, 'Käse, größer und öfter, ', error, 'column "missing_column" does not exist'],
  [10, 'plain text of a row, ', 'do $$ begin perform 1 / 0; end $$;', 'division by zero'],
])(
  'telling an error of a file of %i MB of %j takes far less memory than running it',
  async (size, filling, end, why) => {
    const good = await peakOf(textOf(size, filling, ''))
    expect(good.code).toBe(0)
    const bad = await peakOf(textOf(size, filling, end))
    expect(bad.code).toBe(24)
    expect(bad.message).toContain(why)
    expect(bad.message).toMatch(/001_large\.sql, line \d{4,5}, column \d+/)
    // What telling it takes, the parser included, is less than what running the file took.
    expect(bad.peak).toBeLessThan(good.peak * 1.75)
  },
  300_000,
)

test.each([
  ['alter role r ', 0],
  ['begin atomic; ', 0],
  ['copy from ', 24],
])('a file of 10 MB of %j is read in one go', async (words, code) => {
  const { url } = await freshDatabase()
  const much = words.repeat(10_000_000 / words.length)
  const text = `select length($x$${much}$x$);\n${code ? 'selec 1;' : ''}`
  const run = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder({ '001_words.sql': text }) })
  expect(run.code, run.output.slice(-2_000)).toBe(code)
  if (code) expect(run.terminationMessage).toContain('001_words.sql, line 2, column 1: syntax error')
})
