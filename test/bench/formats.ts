import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import pg from 'pg'
import { type FormatName, formats } from '../../hook/config/config.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { filesIn } from '../support/tool-layouts.ts'
import { type Result, report } from './report.ts'

/**
 * Measures Lotse with nothing pending on a folder of 1,000 migrations in each format, beside its own layout, in turn. Prints a table;
 * judges nothing. Run by `make bench-formats`; BENCH_ROUNDS=5 is quicker and less sure.
 */
const rounds = Number(process.env.BENCH_ROUNDS ?? 15)
const amount = 1_000
const steps = Array.from({ length: amount }, (_, index) => ({
  slug: 'step',
  up: `select ${index};`,
  down: `select -${index};`,
}))

const server = await startPostgres(process.env.BENCH_POSTGRES ?? '17')
const folder = mkdtempSync(join(tmpdir(), 'lotse-bench-'))
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
const admin = new pg.Client(server.url)
await admin.connect()
try {
  const urls = new Map<FormatName, string>()
  for (const format of formats) {
    write(format)
    const name = `bench_${randomBytes(6).toString('hex')}`
    await admin.query(`create database ${name}`)
    urls.set(format, Object.assign(new URL(server.url), { pathname: `/${name}` }).href)
    // What later rounds find applied.
    await run(format, urls.get(format) ?? '')
  }
  const results = new Map<string, Result[]>(formats.map((format) => [format, []]))
  for (let round = 0; round < rounds; round++) {
    const start = round % formats.length
    for (const format of [...formats.slice(start), ...formats.slice(0, start)])
      results.get(format)?.push(await run(format, urls.get(format) ?? ''))
  }
  report(`Nothing pending, ${amount.toLocaleString('en')} applied, by the format of the folder`, 'lotse', results)
} finally {
  await admin.end()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}

function write(format: FormatName): void {
  for (const [name, content] of Object.entries(filesIn(format, steps))) {
    const path = join(folder, format, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
}

async function run(format: FormatName, url: string): Promise<Result> {
  const program = [process.execPath, 'dist/lotse.js', 'up', '--database-url', url, '--migrations', join(folder, format)]
  const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, 'measure/dist/measure'), program, {
    encoding: 'utf8',
  })
  const [code = 0, elapsed = 0, memory = 0] = stdout.split(' ').map(Number)
  if (status !== 0 || code !== 0) throw new Error(`${format} ended with ${code}: ${stderr}`)
  return { code, elapsed, memory, error: '' }
}
