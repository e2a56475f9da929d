import { createRelease, type Release } from '../../support/flux.ts'
import { publishChart, startRegistry } from '../../support/registry.ts'
import { openShop, type Shop } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

/** A shop that Flux is to install from an OCI registry of the story's own, with a stream of requests to it. */
export type FluxShop = {
  readonly shop: Shop
  readonly traffic: Traffic
  readonly release: Release
  readonly close: () => Promise<void>
}

export async function openFluxShop(story: string, helm?: string): Promise<FluxShop> {
  const registry = await startRegistry()
  const shop = await openShop(story, { helm })
  const close = async (): Promise<void> => {
    await shop.namespace.delete()
    registry.stop()
  }
  try {
    const traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
    const chart = await publishChart(registry, shop.helm)
    const release = await createRelease('test/e2e/flux/release.yaml', shop.namespace, chart)
    return { shop, traffic, release, close }
  } catch (error) {
    await close()
    throw error
  }
}
