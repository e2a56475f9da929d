import { expect, test } from 'vitest'
import { until } from '../../support/command.ts'
import { jobsIn } from '../../support/jobs.ts'
import { opening } from '../../support/opening.ts'
import { expectServedBy } from '../../support/served.ts'
import { expectExpanded, expectRenamed, expectServed, openCustomers } from './customers.ts'
import { expectInOrder, expectSideBySide, type Watch } from './watch.ts'

/** The sentence that names the migration. */
const sentence = /PlanRefused[\s\S]*004_drop_full_name, which a newer version applied, is breaking/

/** One release renames a column, in one mode of the migrator. In mode hook the finisher is started by its schedule, in mode job by hand. */
export function tellRename(mode: 'hook' | 'job'): void {
  const shop = opening((closing) => openCustomers(closing, `renamed-${mode}`, 300_000))
  const flags = [
    ...['--wait', '--wait-for-jobs', '--set', `migrations.mode=${mode}`],
    ...(mode === 'hook' ? ['--set', 'finish.schedule=* * * * *'] : []),
  ]
  let watch: Watch
  let letGo: () => Promise<void>

  test('release 1 is installed', async () => {
    const { code, output } = await shop.roll('1', ...flags)
    expect(code, output).toBe(0)
    await shop.fill()
    await expectServed('1', shop)
  })

  test('release 2 expands before its rollout; old and new pods serve side by side', async () => {
    watch = shop.watch()
    const [{ code, output }, held] = await Promise.all([shop.roll('2', ...flags), shop.holdMiddle()])
    letGo = held
    expect(code, output).toBe(0)
    await expectExpanded(shop)
    await expectServed('2', shop)
  })

  test('once no old pod is left the finisher fills the rows; Helm does not wait for it', async () => {
    if (mode === 'job') await shop.finisher.start('now')
    await shop.halfDone()
    expect(await shop.finisher.running()).toHaveLength(1)
    const { code, output } = await shop.roll('2', ...flags, '--set', 'workloads.web.annotations.asked=again')
    expect(code, output).toBe(0)
    expect(await shop.finisher.running()).toHaveLength(1)
    await expectExpanded(shop)
  })

  test('then it drops the old column; each row has its name, and was changed once', async () => {
    await letGo()
    await shop.contracted()
    await expectRenamed(shop)
    const sights = await watch.end()
    expectInOrder(sights)
    expectSideBySide(sights)
    await expectServed('2', shop)
    if (mode === 'job') expect((await shop.finisher.ends('now')).how).toBe('Complete')
  })

  test('after it, release 1 is refused before any pod changes, and the migration is named', async () => {
    const pods = await shop.ready()
    const { code, output } = await shop.roll('1', '--set', `migrations.mode=${mode}`, '--timeout', '30s')
    expect(code === 0, output).toBe(mode === 'job')
    await until('the migrator refuses', async () => {
      const job = (await jobsIn(shop.namespace)).find(
        ({ name, image }) => /migrator/.test(name) && image.endsWith(':1'),
      )
      return sentence.test(await shop.namespace.kubectl('logs', `job/${job?.name}`))
    })
    await expectServedBy(shop.traffic, '2', pods)
  })

  test('helm rollback, which runs no hook, is held by the gate, and the new pods serve', async () => {
    const pods = await shop.ready()
    const { code } = await shop.helm(['rollback', 'shop', '1', '--wait', '--timeout', '15s'])
    expect(code).not.toBe(0)
    const gates = ['logs', '-l', 'app.kubernetes.io/component=web', '-c', 'gate', '--tail=-1']
    await until('a gate refuses', async () => sentence.test(await shop.namespace.kubectl(...gates)))
    await expectServedBy(shop.traffic, '2', pods)
  })
}
