import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start, temporaryFolder } from '../support/lotse.ts'

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

/** A named pipe that is full, and how to read from it what there is. */
function fullPipe(): { readonly path: string; readonly drain: () => string } {
  const path = pipe('termination-log')
  const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  onTestFinished(() => closeSync(file))
  const once = (work: () => number): number => {
    try {
      return work()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
      throw error
    }
  }
  const filling = Buffer.alloc(4_096, '.')
  while (once(() => writeSync(file, filling)) > 0);
  const buffer = Buffer.alloc(65_536)
  return {
    path,
    drain: () => {
      let text = ''
      for (let read = once(() => readSync(file, buffer)); read > 0; read = once(() => readSync(file, buffer)))
        text += buffer.toString('utf8', 0, read)
      return text
    },
  }
}

test('a termination log that is a full pipe gets its message once its reader has made room', async () => {
  const { url } = await freshDatabase()
  const { path, drain } = fullPipe()
  const run = start(['up', '--migrations', folder()], { DATABASE_URL: url, LOTSE_TERMINATION_LOG: path })
  await run.says(/Applied 1 migration in/)
  let text = drain()
  const { code, output } = await run.ended
  text += drain()
  expect(code, output).toBe(0)
  expect(output).not.toContain('cannot write')
  expect(text).toContain('Applied 1 migration in')
})

test('a termination log that is a full pipe which nobody reads is named', async () => {
  const { url } = await freshDatabase()
  const { path } = fullPipe()
  const run = await lotse(['up', '--migrations', folder()], { DATABASE_URL: url, LOTSE_TERMINATION_LOG: path })
  expect(run.code, run.output).toBe(0)
  expect(run.output).toContain(
    `cannot write the termination message to ${path}: it is a named pipe (FIFO) whose reader does not read`,
  )
})
