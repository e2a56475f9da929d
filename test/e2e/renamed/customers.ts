import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { parse } from 'yaml'
import { type Result, until } from '../../support/command.ts'
import { type KubePostgres, startKubePostgres } from '../../support/kube-postgres.ts'
import { type Closing, openStage, type Stage } from '../../support/opening.ts'
import { isReady, settledPods } from '../../support/pods.ts'
import { expectRolledTo } from '../../support/served.ts'
import { type Finisher, finisherOf } from './finisher.ts'
import { columnsOf, type Watch, watchStage } from './watch.ts'

export type Release = '1' | '2' | '3'

/** A shop whose customers are to be installed, with requests to them from the first answer on. */
export type Customers = Stage<KubePostgres> & {
  /** How many customers there are at first, with the ids 1 and so on; those who are added later have greater ones. */
  readonly amount: number
  /** Adds all of them but the thousand that release 1 comes with. */
  readonly fill: () => Promise<unknown>
  /** `helm upgrade --install` to a release. */
  readonly roll: (release: Release, ...flags: string[]) => Promise<Result>
  readonly finisher: Finisher
  readonly watch: () => Watch
  /** Names of the pods that are ready to serve. */
  readonly ready: () => Promise<string[]>
  readonly columns: () => Promise<string[]>
  /**
   * Waits until the table is expanded, and then holds the row in its middle until told to let go: no batch gets past it, and no
   * request comes for it.
   */
  readonly holdMiddle: () => Promise<() => Promise<void>>
  /** Waits until the backfill has done all that comes before that row. */
  readonly halfDone: () => Promise<unknown>
  /** Waits until everything is applied, with the contract. */
  readonly contracted: () => Promise<unknown>
}

/** A schedule may be a minute away, and the machine busy. Milliseconds. */
const long = 180_000

const file = 'test/e2e/renamed/values.yaml'

export async function openCustomers(closing: Closing, story: string, amount = 20_000): Promise<Customers> {
  const stage = await openStage(closing, story, 'http://shop-web/customers', startKubePostgres)
  const { namespace, postgres, helm } = stage
  const middle = amount / 2
  return {
    ...stage,
    amount,
    roll: (release, ...flags) => {
      const tags = `image.tag=${release},workloads.web.image.tag=${release}`
      const chart = ['upgrade', '--install', 'shop', 'chart', '--values', file, '--set-string', tags]
      return helm([...chart, '--timeout', '3m', ...flags])
    },
    fill: () =>
      postgres.query(`insert into customers select n, 'Customer ' || n from generate_series(1001, ${amount}) as n`),
    finisher: finisherOf(namespace),
    watch: () => watchStage(stage),
    ready: () => settledPods(namespace, isReady),
    columns: () => columnsOf(postgres),
    holdMiddle: async () => {
      await until('the table is expanded', async () => (await columnsOf(postgres)).includes('name'))
      return postgres.hold(`select from customers where id = ${middle} for update`)
    },
    halfDone: () =>
      until(
        'the backfill has come to the middle',
        async () => {
          const [row] = await postgres.query('select cursor from lotse_history_backfills')
          return row?.cursor === String(middle - 1)
        },
        long,
      ),
    contracted: () =>
      until('the contract is applied', async () => (await postgres.applied()).includes('004_drop_full_name'), long),
  }
}

/** The values of a release in one piece, for those who roll it out by other means than ours. */
export function valuesOf(release: Release, migrations: object, finish: object = {}): object {
  const values = parse(readFileSync(file, 'utf8'))
  values.image.tag = release
  values.workloads.web.image.tag = release
  values.migrations = { ...values.migrations, ...migrations }
  values.finish = { ...values.finish, ...finish }
  return values
}

/** The release is rolled out, and only what comes before the rollout has run. */
export async function expectExpanded({ postgres, columns }: Customers): Promise<void> {
  expect((await postgres.applied()).filter((name) => /^00[34]/.test(name))).toEqual([])
  expect(await columns()).toEqual(['filled', 'full_name', 'id', 'name'])
}

/** The column has its new name, each row has the value that it had, and the backfill has changed each once. */
export async function expectRenamed({ postgres, columns, amount }: Customers): Promise<void> {
  expect(await columns()).toEqual(['filled', 'id', 'name'])
  const [rows] = await postgres.query(`
    select count(*) filter (where id <= ${amount} and filled = 1)::int as once,
           count(*) filter (where filled > 1)::int as again,
           count(*) filter (where name is null)::int as nameless,
           count(*) filter (where id between 1001 and ${amount} and name <> 'Customer ' || id)::int as others
      from customers`)
  expect(rows).toEqual({ once: amount, again: 0, nameless: 0, others: 0 })
}

/** All pods of this release answer and no others, and no request has failed since the first answer. */
export const expectServed = (release: Release, { namespace, traffic }: Customers): Promise<void> =>
  expectRolledTo(release, { shop: { pods: () => settledPods(namespace) }, traffic })

/** Release 2 rolls out, and a finisher of this name runs all that waits for that. */
export async function rollOutAndFinish(shop: Customers, job: string): Promise<void> {
  const { code, output } = await shop.roll('2', '--wait')
  expect(code, output).toBe(0)
  await shop.finisher.start(job)
  expect((await shop.finisher.ends(job)).how).toBe('Complete')
  await expectRenamed(shop)
  await expectServed('2', shop)
}
