import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { freePort, handOver, unprivileged } from './postgres-server.ts'

type Options = { readonly mode: 'transaction' | 'session'; readonly size?: number }

/** Where Debian puts it, which is on the PATH of root alone; elsewhere it is on everybody's. */
const program = existsSync('/usr/sbin/pgbouncer') ? '/usr/sbin/pgbouncer' : 'pgbouncer'

/** Starts PgBouncer before the server of `url`, until the test ends; returns the URL through it. */
export async function startPgBouncer(url: string, { mode, size = 20 }: Options): Promise<string> {
  const target = new URL(url)
  const folder = mkdtempSync(join(tmpdir(), 'lotse-pgbouncer-'))
  const port = await freePort()
  writeFileSync(join(folder, 'users'), `"${target.username}" ""\n`)
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${target.hostname} port=${target.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users')}
pool_mode = ${mode}
default_pool_size = ${size}
`,
  )
  for (const name of ['', 'users', 'pgbouncer.ini']) handOver(join(folder, name))
  const child = spawn(program, [join(folder, 'pgbouncer.ini')], {
    ...unprivileged,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk) => {
    log += chunk
  })
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code) => resolve(`exit code ${code}`))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const pooled = Object.assign(new URL(url), { port: String(port) }).href
  const why = await Promise.race([untilAnswers(pooled), ended])
  if (why) throw new Error(`PgBouncer did not start (test/cluster/install.sh installs it): ${why}\n${log}`)
  return pooled
}

async function untilAnswers(url: string): Promise<undefined> {
  for (;;) {
    const client = new pg.Client(url)
    try {
      await client.connect()
      return
    } catch {
      await new Promise((next) => setTimeout(next, 30))
    } finally {
      await client.end().catch(() => {})
    }
  }
}
