/** Lotse's main job, told as a story on a real cluster. Run by `make demo`. */
import { readdirSync, readFileSync } from 'node:fs'
import { run } from '../support/command.ts'
import { openShop, rollArguments, type Version } from '../support/shop.ts'
import { startTraffic } from '../support/traffic.ts'

const say = (text: string): void => console.log(text)
const chapter = (title: string): void => say(`\n━━━ ${title} ${'━'.repeat(Math.max(0, 100 - title.length))}\n`)
const indent = (text: string): string => text.trimEnd().replaceAll(/^(?=.)/gm, '    ')

/** Helm 4 prints the migrator's log as one quoted line, and at times a complaint of its client library about a watch it ended itself. */
const unfold = (output: string): string =>
  output
    .replaceAll('\\n', '\n')
    .replaceAll('\\"', '"')
    .replaceAll(/^E\d{4} .*"Unexpected error when reading response body".*\n/gm, '')

chapter('A tea shop')
say('Starting its PostgreSQL in a namespace where Pod Security "restricted" is enforced …')
const shop = await openShop('lotse-demo', { helm: process.env.LOTSE_HELM4 })
let done = false
try {
  const traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
  say('Three clients ask http://shop-web/products again and again, from here to the end.')

  const applied = (): Promise<string[]> => shop.postgres.applied().catch(() => [])
  const helm = async (args: readonly string[], expected: 'succeeds' | 'fails'): Promise<void> => {
    say(`$ helm ${args.join(' ')}\n`)
    const { code, output } = await shop.helm(args)
    say(`${indent(unfold(output))}\n`)
    if ((code === 0) !== (expected === 'succeeds')) throw new Error(`this was not to end with exit code ${code}`)
    const pods = await shop.pods()
    const now = await traffic.next(30)
    const { answered, failed } = await traffic.figures()
    say(`Helm's exit code  ${code}`)
    say(`Applied so far    ${(await applied()).join(', ')}`)
    say(`Pods              ${pods.join(', ')}`)
    say(`Answers come from version ${now.versions.join(' and ')}`)
    say(`Requests so far   ${answered} answered, ${failed} failed`)
  }
  const roll = async (verb: 'install' | 'upgrade', version: Version, expected: 'succeeds' | 'fails'): Promise<void> => {
    const folder = `test/fixtures/shop/migrations-${version}`
    const before = await applied()
    for (const file of readdirSync(folder).filter((name) => !before.includes(name.replace('.sql', ''))))
      say(`Pending: ${file}\n${indent(readFileSync(`${folder}/${file}`, 'utf8'))}\n`)
    await helm([...rollArguments(verb, version), '--wait', '--hide-notes'], expected)
  }

  chapter('1. Install version 1: its table is made, then its pods start')
  await roll('install', '1', 'succeeds')
  chapter('2. Upgrade to version 2, which needs a column and an index')
  await roll('upgrade', '2', 'succeeds')
  chapter('3. Upgrade to version 3, whose migration has an error: Helm says which, and nothing rolls out')
  await roll('upgrade', '3-broken', 'fails')
  chapter('4. Version 3 corrected: the upgrade goes on where the failed one stopped')
  await roll('upgrade', '3', 'succeeds')
  chapter('5. Roll back to version 2: it runs on the newer schema, nothing is reverted')
  await helm(['rollback', 'shop', '2', '--wait', '--timeout', '3m'], 'succeeds')

  const { failed, failures } = await traffic.figures()
  if (failed > 0) throw new Error(`requests failed during the story:\n${failures.join('\n')}`)
  chapter('Five rollouts, one of them refused, and no request failed')
  done = true
} finally {
  if (!done) say((await run('kubectl', ['--namespace', shop.namespace.name, 'get', 'pods,jobs,events'])).output)
  await shop.namespace.delete()
}
