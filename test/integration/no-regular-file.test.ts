import { execFileSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, temporaryFolder } from '../support/lotse.ts'

/** A named pipe that nobody writes to and nobody reads: opening it the usual way never ends. */
function pipe(name = 'pipe'): string {
  const path = join(temporaryFolder(), name)
  execFileSync('mkfifo', [path])
  return path
}

const folder = () => migrationsFolder({ '001_first.sql': 'create table a (n int)' })

test.each([
  ['PGSSLROOTCERT', 'sslrootcert', pipe, 'a named pipe (FIFO)'],
  ['PGSSLCERT', 'sslcert', () => '/dev/zero', 'a device'],
  ['PGSSLKEY', 'sslkey', pipe, 'a named pipe (FIFO)'],
  ['PGSSLCRL', 'sslcrl', temporaryFolder, 'a folder'],
])('%s that is no regular file is refused at once, by name', async (variable, name, make, kind) => {
  const path = make()
  const run = await lotse(['up', '--migrations', folder()], {
    DATABASE_URL: 'postgresql://shop@127.0.0.1:1/shop',
    [variable]: path,
  })
  expect(run.code, run.output).toBe(20)
  expect(run.output).toContain(`${name}: cannot read ${path}: it is ${kind}, not a file`)
})

test('a verdict that is no regular file is refused at once, and a link to one is read', async () => {
  const state = temporaryFolder()
  execFileSync('mkfifo', [join(state, 'verdict.json')])
  const run = await lotse(['guard', '--verdict', state])
  expect(run.code, run.output).toBe(20)
  expect(run.output).toContain(`${state}/verdict.json holds no verdict: it is a named pipe (FIFO), not a file`)
  const linked = temporaryFolder()
  writeFileSync(join(linked, 'data'), '{"kind": "held"}')
  symlinkSync('data', join(linked, 'verdict.json'))
  expect(await lotse(['guard', '--verdict', linked])).toMatchObject({ code: 0, output: '' })
})

test('a termination log that nobody reads hides nothing of how the run ended', async () => {
  const { url } = await freshDatabase()
  const path = pipe('termination-log')
  const run = await lotse(['up', '--migrations', folder()], { DATABASE_URL: url, LOTSE_TERMINATION_LOG: path })
  expect(run.code, run.output).toBe(0)
  expect(run.output).toContain(
    `cannot write the termination message to ${path}: it is a named pipe (FIFO) that nobody reads`,
  )
  const device = await lotse(['up', '--migrations', folder()], {
    DATABASE_URL: url,
    LOTSE_TERMINATION_LOG: '/dev/null',
  })
  expect(device.code, device.output).toBe(0)
  expect(device.output).not.toContain('cannot write')
})

test('a ready-file that nobody reads, or in no folder, is named, and the command does not start', async () => {
  const { url } = await freshDatabase()
  for (const [path, reason] of [
    [pipe('ready'), 'it is a named pipe (FIFO) that nobody reads'],
    ['/nowhere/ready', 'ENOENT'],
  ] as const) {
    const run = await lotse(['guard', '--ready-file', path, '--', 'echo', 'it started'], { DATABASE_URL: url })
    expect(run.code, run.output).toBe(20)
    expect(run.output).toContain(`--ready-file: cannot write ${path}: ${reason}`)
    expect(run.output).not.toContain('it started')
  }
})
