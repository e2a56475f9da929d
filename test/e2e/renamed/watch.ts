import { expect } from 'vitest'
import type { KubePostgres } from '../../support/kube-postgres.ts'
import type { Stage } from '../../support/opening.ts'

/** What was to be seen at one moment. The columns were read first: an old pod that was seen after them was there by then. */
export type Sight = {
  readonly columns: readonly string[]
  /** Pods of release 1, stopping ones among them, and pods of later releases. */
  readonly old: readonly string[]
  readonly young: readonly string[]
  /** Answers so far, by release. */
  readonly answers: Readonly<Record<string, number>>
}

export type Watch = {
  /** Ends it; returns all that it saw, in order. */
  readonly end: () => Promise<readonly Sight[]>
}

type Pods = {
  readonly items: readonly {
    readonly metadata: { readonly name: string }
    readonly spec: { readonly containers: readonly { readonly image: string }[] }
    readonly status: { readonly phase: string }
  }[]
}

const pause = 250

/** The columns of the table. */
export async function columnsOf(postgres: KubePostgres): Promise<string[]> {
  const columns = `select column_name as name from information_schema.columns where table_name = 'customers' order by 1`
  return (await postgres.query(columns)).map(({ name }) => name)
}

/** Looks at pods, columns and answers several times a second, until it is ended. */
export function watchStage({ namespace, postgres, traffic }: Stage<KubePostgres>): Watch {
  let [ended, sights]: [boolean, Sight[]] = [false, []]
  const look = async (): Promise<Sight> => {
    const columns = await columnsOf(postgres)
    const path = `pods?labelSelector=${encodeURIComponent('app.kubernetes.io/component=web')}`
    const { items } = await namespace.get<Pods>('api/v1', path)
    const there = items.filter(({ status }) => !['Succeeded', 'Failed'].includes(status.phase))
    const names = (old: boolean): string[] =>
      there
        .filter(({ spec }) => spec.containers.some(({ image }) => image === 'localhost/renamed:1') === old)
        .map(({ metadata }) => metadata.name)
    return { columns, old: names(true), young: names(false), answers: (await traffic.figures()).versions }
  }
  const looking = (async () => {
    while (!ended) {
      sights = [...sights, await look()]
      await new Promise((next) => setTimeout(next, pause))
    }
  })()
  // Whoever ends it hears of its failure.
  looking.catch(() => undefined)
  return {
    end: async () => {
      ended = true
      await looking
      return sights
    },
  }
}

/** Old and new pods were there together, and the old column went, and that only after the last old pod. */
export function expectInOrder(sights: readonly Sight[]): void {
  const isGone = ({ columns }: Sight): boolean => !columns.includes('full_name')
  expect(sights.some(({ old, young }) => old.length > 0 && young.length > 0)).toBe(true)
  expect(sights.filter((each) => isGone(each) && each.old.length > 0)).toEqual([])
  expect(sights.some(isGone)).toBe(true)
}

/** Between two looks both releases answered. */
export function expectSideBySide(sights: readonly Sight[]): void {
  const grew = (release: string, index: number): boolean =>
    (sights[index]?.answers[release] ?? 0) > (sights[index - 1]?.answers[release] ?? 0)
  expect(sights.some((_, index) => index > 0 && grew('1', index) && grew('2', index))).toBe(true)
}
