/**
 * What the migrator costs an upgrade that has nothing to migrate: the chart, beside the same chart whose hook Job runs `true` in the same image.
 * Both releases are upgraded in turn, so that a slow minute of the machine slows both. Run by `make bench-upgrade`.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must } from '../support/command.ts'
import { openShop } from '../support/shop.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 10)
const folder = mkdtempSync(join(tmpdir(), 'lotse-bench-'))
const idle = join(folder, 'chart')
cpSync('chart', idle, { recursive: true })
const template = join(idle, 'templates/migrator/_containers.tpl')
const [migrator, nothing] = ['args: [up]', 'command: [/bin/true]']
const text = readFileSync(template, 'utf8')
if (text.split(migrator).length !== 2)
  throw new Error(`${template} does not start the migrator with ${migrator} any more`)
writeFileSync(template, text.replace(migrator, nothing))
// The image is the migrator's, with /bin/true beside it.
cpSync('/bin/true', join(folder, 'true'))
const dockerfile = 'FROM localhost/shop-migrator:3\nCOPY true /bin/true\n'
writeFileSync(join(folder, 'Dockerfile'), dockerfile)
await must('test/cluster/load.sh', ['localhost/shop-migrator:bench', folder])

const charts = { lotse: 'chart', true: idle }
const shop = await openShop('bench-upgrade', { helm: process.env.LOTSE_HELM4 })
const upgrade = async (name: keyof typeof charts): Promise<number> => {
  const tags = 'image.tag=bench,workloads.web.image.tag=3'
  const values = [
    '--values',
    'test/fixtures/shop/values.yaml',
    '--set-string',
    tags,
    '--set',
    'workloads.web.replicas=1',
  ]
  const began = performance.now()
  const release = ['upgrade', '--install', name === 'true' ? 'idle' : name, charts[name]]
  const { code, output } = await shop.helm([...release, ...values, '--wait', '--timeout', '3m'])
  if (code !== 0) throw new Error(output)
  return performance.now() - began
}
try {
  console.log('Installing the shop twice: with Lotse, and with a hook Job that runs true …')
  await upgrade('lotse')
  await upgrade('true')
  const ratios: number[] = []
  console.log(`\n  upgrade${'Lotse ms'.padStart(14)}${'true ms'.padStart(14)}${'ratio'.padStart(14)}`)
  for (let round = 1; round <= rounds; round++) {
    const order = round % 2 ? (['lotse', 'true'] as const) : (['true', 'lotse'] as const)
    const took = { lotse: 0, true: 0 }
    for (const name of order) took[name] = await upgrade(name)
    ratios.push(took.lotse / took.true)
    const figures = [took.lotse.toFixed(0), took.true.toFixed(0), (took.lotse / took.true).toFixed(2)]
    console.log(`  ${String(round).padEnd(7)}${figures.map((figure) => figure.padStart(14)).join('')}`)
  }
  const sorted = ratios.toSorted((a, b) => a - b)
  console.log(
    `\nAn upgrade with nothing to migrate takes ${(((sorted[(rounds - 1) >> 1] ?? 0) + (sorted[rounds >> 1] ?? 0)) / 2).toFixed(2)} times as long (median of ${rounds}).`,
  )
} finally {
  await shop.namespace.delete()
  rmSync(folder, { recursive: true })
}
