import type { Release } from '../../support/flux.ts'
import { type Closing, openRelease } from '../../support/opening.ts'
import { openShop, type Shop } from '../../support/shop.ts'
import { startTraffic, type Traffic } from '../../support/traffic.ts'

/** A shop that Flux is to install from an OCI registry of the story's own, with a stream of requests to it. */
export type FluxShop = {
  readonly shop: Shop
  readonly traffic: Traffic
  readonly release: Release
}

export async function openFluxShop(closing: Closing, story: string, helm?: string): Promise<FluxShop> {
  const shop = await openShop(story, { helm })
  closing(shop.namespace.delete)
  const traffic = await startTraffic(shop.namespace, 'http://shop-web/products')
  const release = await openRelease(closing, 'test/e2e/flux/release.yaml', shop.namespace, shop.helm)
  return { shop, traffic, release }
}
