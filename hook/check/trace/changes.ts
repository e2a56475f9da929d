import type { TracedTable } from '../../migration/trace.ts'
import type { Look, Relation } from './look.ts'

/** What became of each table between two looks. */
export function changesOf(
  sql: string,
  { relations: were }: Look,
  { relations: are }: Look,
  alone: boolean,
  known: ReadonlyMap<number, Relation>,
  isFresh: (oid: number) => boolean,
): TracedTable[] {
  const gone = [...were.keys()].filter((oid) => (alone ? !are.has(oid) : are.has(oid) && !are.get(oid)?.key))
  const isTable = (kind: string): boolean => ['r', 'm', 'p'].includes(kind)
  const tables = [...are.values()].filter(({ key, kind }) => key !== undefined && isTable(kind))
  const dropped = gone.flatMap((oid): TracedTable[] => {
    const { key = '', kind = '', bytes } = were.get(oid) ?? ({ bytes: 0 } as Relation)
    if (!isTable(kind)) return []
    const nothing = { rewritten: false, built: [], scanned: 0, changed: 0, after: undefined }
    return [{ table: key, fresh: isFresh(oid), dropped: true, before: bytes, ...nothing }]
  })
  const others = tables.map((is): TracedTable => {
    const was = were.get(is.oid)
    const built = [...are.values()]
      .filter(({ owner, kind, oid, file }) => kind === 'i' && owner === is.oid && were.get(oid)?.file !== file)
      .map(({ key }) => key?.split('.').at(-1) ?? '')
    return {
      table: is.key ?? '',
      ...rootOf(is, known),
      fresh: isFresh(is.oid),
      // TRUNCATE gives a table a new file as well, and writes nothing to it.
      rewritten: was !== undefined && was.file !== is.file && !/^truncate\b/i.test(sql),
      dropped: false,
      built,
      scanned: is.scanned - (was?.scanned ?? 0),
      changed: is.changed - (was?.changed ?? 0),
      before: was?.bytes,
      after: is.bytes,
    }
  })
  return [...dropped, ...others].filter(
    ({ rewritten, dropped, built, scanned, changed, before, after }) =>
      rewritten || dropped || built.length > 0 || scanned || changed || before !== after,
  )
}

/** The partitioned table at the top of a partition. */
export function rootOf({ owner }: Relation, known: ReadonlyMap<number, Relation>): { readonly partitionOf?: string } {
  const parent = owner === undefined ? undefined : known.get(owner)
  if (!parent?.key) return {}
  return parent.owner === undefined ? { partitionOf: parent.key } : rootOf(parent, known)
}
