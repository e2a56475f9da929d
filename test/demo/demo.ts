/** Lotse's main job, told as a story on a real cluster. Run by `make demo`. */
import { run, until } from '../support/command.ts'
import { helmOf } from '../support/helm.ts'
import { startKubePostgres } from '../support/kube-postgres.ts'
import { createNamespace } from '../support/namespace.ts'
import { type Version, versionFlags } from '../support/shop.ts'
import { startTraffic } from '../support/traffic.ts'

const say = (text: string): void => console.log(text)
const chapter = (title: string): void => say(`\n━━━ ${title} ${'━'.repeat(Math.max(0, 100 - title.length))}\n`)
const indent = (text: string): string => text.trimEnd().replaceAll(/^/gm, '    ')

chapter('A PostgreSQL and a tea shop that wants to be installed')
const namespace = await createNamespace('lotse-demo')
let ok = false
try {
  say(`Namespace ${namespace.name}, in which Pod Security "restricted" is enforced. Starting a PostgreSQL in it …`)
  const postgres = await startKubePostgres(namespace)
  const figures = await startTraffic(namespace, 'http://shop-web/products')
  const helm = helmOf('LOTSE_HELM4', namespace)

  const show = async (args: readonly string[], expected: 'succeeds' | 'fails'): Promise<void> => {
    // Helm 4 prints a hook's whole log as one quoted value; sed puts the line ends back.
    say(`$ helm ${args.join(' ')} 2>&1 | sed 's/\\\\n/\\n/g'\n`)
    const { code, output } = await helm(args)
    say(indent(output.replaceAll('\\n', '\n')))
    if ((code === 0) !== (expected === 'succeeds'))
      throw new Error(`this helm command was expected to end otherwise than with ${code}`)
    say(`\n  Helm ${expected === 'succeeds' ? 'succeeded' : 'failed'} (exit code ${code}).`)
  }
  const roll = (
    verb: 'install' | 'upgrade',
    version: Version,
    expected: 'succeeds' | 'fails',
    ...flags: string[]
  ): Promise<void> =>
    show(
      [
        verb,
        'shop',
        'chart',
        '-f',
        'test/fixtures/shop/values.yaml',
        ...versionFlags(version),
        '--wait',
        '--timeout',
        '3m',
        ...flags,
      ],
      expected,
    )

  /** What a user would look at now: what was applied, who serves, what clients noticed. */
  const standing = async (): Promise<void> => {
    const before = await figures()
    const now = await until('a hundred more requests are answered', async () => {
      const read = await figures()
      return read.answered >= before.answered + 100 && read
    })
    const grown = (of: 'pods' | 'versions'): string[] =>
      Object.keys(now[of]).filter((key) => (now[of][key] ?? 0) > (before[of][key] ?? 0))
    const history = await postgres.query('select name from lotse_history order by position')
    say(`  Applied so far:  ${history.map((row) => row.name).join(', ')}`)
    say(`  Serving now:     version ${grown('versions').join(' and ')}, from ${grown('pods').sort().join(' and ')}`)
    say(`  Requests so far: ${now.answered} answered, ${now.failed} failed`)
  }

  chapter('1. Install version 1: its table is made first, then its pods start')
  await roll('install', '1', 'succeeds')
  await standing()

  chapter('2. Upgrade to version 2: a column and an index are pending')
  await roll('upgrade', '2', 'succeeds', '--hide-notes')
  await standing()

  chapter('3. Upgrade to version 3, whose migration has an error: nothing rolls out, and Helm says why')
  await roll('upgrade', '3-broken', 'fails')
  await standing()

  chapter('4. The corrected version 3: it continues where the failed upgrade stopped')
  await roll('upgrade', '3', 'succeeds', '--hide-notes')
  await standing()

  chapter('5. Roll back to version 2: the older application runs on the newer schema, nothing is reverted')
  await show(['rollback', 'shop', '2', '--wait', '--timeout', '3m'], 'succeeds')
  await standing()

  const { failed, failures } = await figures()
  if (failed > 0) throw new Error(`requests failed during the story:\n${failures.join('\n')}`)
  chapter('Done: five rollouts, one of them failed, and no request was lost')
  ok = true
} finally {
  if (!ok) say((await run('kubectl', ['--namespace', namespace.name, 'get', 'pods,jobs,events'])).output)
  say('Removing the namespace …')
  await namespace.delete()
}
