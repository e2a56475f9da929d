import { afterAll, beforeAll } from 'vitest'
import { createRelease, type Release } from './flux.ts'
import { type Helm, helmIn } from './helm.ts'
import { createNamespace, type Namespace } from './namespace.ts'
import { publishChart, startRegistry } from './registry.ts'
import { openShop, type Shop } from './shop.ts'
import { startTraffic, type Traffic } from './traffic.ts'

/** Takes note of how something that was opened is closed. */
export type Closing = (close: () => unknown) => void

/**
 * Opens what a story plays in before its first test and closes it after its last, what was opened last first; also when opening
 * fails halfway. What `open` returns can be read from the first test on.
 */
export function opening<T extends object>(open: (closing: Closing) => Promise<T>): T {
  const opened = {} as T
  const closes: (() => unknown)[] = []
  beforeAll(async () => {
    Object.assign(opened, await open((close) => void closes.unshift(close)))
  })
  afterAll(async () => {
    const failures: unknown[] = []
    for (const close of closes) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  })
  return opened
}

/** Opens a shop for a story, which `prepare` may change before the story begins. */
export function shopOf(story: string, prepare: (shop: Shop) => unknown = () => {}): Shop {
  return opening(async (closing) => {
    const shop = await openShop(story)
    closing(shop.namespace.delete)
    await prepare(shop)
    return shop
  })
}

/** Begins a stream of requests to a shop that was opened before. */
export function trafficTo(shop: Shop): Traffic {
  return opening(() => startTraffic(shop.namespace, 'http://shop-web/products'))
}

/** Where an application is deployed: a namespace with a database, a Helm, and a stream of requests to what will be there. */
export type Stage<Database> = {
  readonly namespace: Namespace
  readonly postgres: Database
  readonly helm: Helm
  readonly traffic: Traffic
}

/** Opens a namespace in which `database` starts a PostgreSQL, or only announces one, and requests to URLs inside the cluster begin. */
export async function openStage<Database>(
  closing: Closing,
  story: string,
  urls: string | readonly string[],
  database: (namespace: Namespace) => Promise<Database>,
): Promise<Stage<Database>> {
  const namespace = await createNamespace(story)
  closing(namespace.delete)
  const postgres = await database(namespace)
  return { namespace, postgres, helm: helmIn(namespace), traffic: await startTraffic(namespace, ...[urls].flat()) }
}

/** Publishes the chart in a registry of the story's own, and applies the file of a HelmRelease that installs it from there. */
export async function openRelease(closing: Closing, file: string, namespace: Namespace, helm: Helm): Promise<Release> {
  const registry = await startRegistry()
  closing(registry.stop)
  return createRelease(file, namespace, await publishChart(registry, helm))
}
