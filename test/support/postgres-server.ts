import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { programsOf } from '../platform/postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
    postgresMajor: string
  }
}

/** PostgreSQL and PgBouncer refuse to run as root: for root they run as Debian's user nobody, for anybody else as that user. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined

/** How to spawn a program that refuses to run as root. */
export const unprivileged: { readonly uid?: number; readonly gid?: number } = nobody ?? {}

/** Gives a file or folder to the user of `unprivileged`. */
export function handOver(path: string): void {
  if (nobody) chownSync(path, nobody.uid, nobody.gid)
}

/** One real PostgreSQL for a whole project of the run, of the major version that vitest.config.ts gives it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const major = project.config.env.LOTSE_TEST_POSTGRES ?? '18'
  const server = await startPostgres(major)
  project.provide('postgresUrl', server.url)
  project.provide('postgresMajor', major)
  return server.stop
}

export type Server = {
  readonly url: string
  readonly port: number
  /** Ends it and all its connections without a goodbye, as a crash does, and starts it on the same data. */
  readonly restart: () => Promise<void>
  /**
   * Starts a hot standby that streams from this server, by another `port` if one is given; it stops with the server.
   * `select pg_promote()` makes it a primary.
   */
  readonly standby: (through?: number) => Promise<{ readonly url: string; readonly port: number }>
  readonly stop: () => Promise<void>
}

type Options = {
  readonly settings?: readonly string[] /** Demanded of the user postgres; without it anybody may log in. */
  readonly password?: string
  /** Megabytes of a segment of WAL; 16 without it. */
  readonly segment?: number
}

/** Starts a PostgreSQL of its own on a free loopback port, in folders that stop() removes. */
export async function startPostgres(
  major: string,
  { settings = [], password, segment = 16 }: Options = {},
): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), `lotse-postgres-${major}-`))
  const kept = mkdtempSync(
    join(settings.includes('fsync=on') ? tmpdir() : placeOfData(), `lotse-postgres-data-${process.pid}-`),
  )
  const [bin, data] = [join(folder, 'pg', 'bin'), join(kept, 'data')]
  copyBinaries(major, join(folder, 'pg'))
  mkdirSync(data)
  for (const path of [folder, kept, data]) handOver(path)

  const passwordFile = join(folder, 'password')
  if (password) writeFileSync(passwordFile, password)
  const login = password ? ['-A', 'scram-sha-256', `--pwfile=${passwordFile}`] : ['-A', 'trust']
  const initdb = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', ...login, '--no-sync', `--wal-segsize=${segment}`, '-E', 'UTF8', '--locale=C'],
    { ...unprivileged, encoding: 'utf8' },
  )
  if (initdb.status !== 0) throw new Error(`initdb of PostgreSQL ${major} failed:\n${initdb.stdout}${initdb.stderr}`)

  const port = await freePort()
  const flags = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'max_connections=200',
    'deadlock_timeout=1s',
    ...settings,
  ]
  const urlOf = (port: number): string =>
    `postgresql://postgres${password ? `:${password}` : ''}@127.0.0.1:${port}/postgres`
  const url = urlOf(port)
  const launch = async (data: string, url: string, flags: readonly string[]): Promise<ChildProcess> => {
    const server = spawn(join(bin, 'postgres'), ['-D', data, ...flags.flatMap((flag) => ['-c', flag])], {
      ...unprivileged,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const log: string[] = []
    server.stderr?.on('data', (chunk) => log.push(String(chunk)))
    await untilAnswers(url, server, log)
    return server
  }
  let server = await launch(data, url, flags)
  const standbys: ChildProcess[] = []
  return {
    url,
    port,
    restart: async () => {
      await quit(server)
      server = await launch(data, url, flags)
    },
    standby: async (through = port) => {
      const primary = urlOf(through)
      const copy = join(kept, `standby-${standbys.length}`)
      const port = await freePort()
      // The packages have no pg_basebackup; a stopped server's files are a backup, too (PostgreSQL docs 25.2).
      await quit(server)
      cpSync(data, copy, { recursive: true })
      for (const path of ['', ...readdirSync(copy, { recursive: true, encoding: 'utf8' })]) handOver(join(copy, path))
      chmodSync(copy, 0o700)
      rmSync(join(copy, 'postmaster.pid'), { force: true })
      writeFileSync(join(copy, 'standby.signal'), '')
      server = await launch(data, url, flags)
      const own = flags.filter((flag) => !/^(port|unix_socket_directories)=/.test(flag))
      const follow = [`port=${port}`, 'unix_socket_directories=', `primary_conninfo=${primary}`]
      standbys.push(await launch(copy, urlOf(port), [...own, ...follow]))
      return { url: urlOf(port), port }
    },
    stop: async () => {
      await Promise.all([server, ...standbys].map(quit))
      for (const each of [folder, kept]) rmSync(each, { recursive: true, force: true })
    },
  }
}

/** In memory where the machine has room for it, unless it is to be kept (fsync): each test makes a database of some three hundred files, and on a disk that takes most of its time. */
function placeOfData(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    // What a run leaves there that was killed would take memory until the machine is restarted.
    for (const left of readdirSync('/dev/shm')) {
      const owner = /^lotse-postgres-data-(\d+)-/.exec(left)?.[1]
      if (owner && !existsSync(`/proc/${owner}`)) rmSync(join('/dev/shm', left), { recursive: true, force: true })
    }
    if (bavail * bsize > 6 * 2 ** 30) return '/dev/shm'
  } catch {
    // Not on a Mac. In a container it is there, but small.
  }
  return tmpdir()
}

/** The package's install script re-creates these links; npm may be told not to run scripts. */
function copyBinaries(major: string, to: string): void {
  const from = programsOf(major)
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
  const links = JSON.parse(readFileSync(join(from, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const path = join(to, '..', target.replace(/^native/, 'pg'))
    if (!existsSync(path)) symlinkSync(join(to, '..', source.replace(/^native/, 'pg')), path)
  }
}

async function untilAnswers(url: string, server: ChildProcess, log: readonly string[]): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const client = new pg.Client(url)
    try {
      await client.connect()
      return
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline)
        throw new Error(`PostgreSQL did not start:\n${log.join('')}`, { cause: error })
      await delay(50)
    } finally {
      await client.end().catch(() => {})
    }
  }
}

async function quit(server: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGQUIT')
  await ended
}

/** A loopback port nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
