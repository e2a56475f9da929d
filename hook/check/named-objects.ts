import type { RangeVar } from '@pgsql/types'
import type { Tree } from '../sql/parse.ts'
import { droppedNames, nodesOf, relationOf, relationsOf, strings, typesOf } from './rules/alterations.ts'

/** What a statement names that the catalogue may know of. */
export type Named = {
  /** Tables, views and indexes. */
  readonly relations: readonly RangeVar[]
  readonly types: readonly RangeVar[]
  readonly functions: readonly string[]
  /** Schemas that it drops. */
  readonly schemas: readonly string[]
}

const droppedRelations = ['OBJECT_TABLE', 'OBJECT_INDEX', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_SEQUENCE']

/** Every relation, type and function that a statement names, and schema that it drops, built-in ones left out where the parser tells them. */
export function namedIn(tree: Tree): Named {
  const dropped = droppedRelations.flatMap((type) => droppedNames(tree, type)).map(relationOf)
  const triggered = ['OBJECT_TRIGGER', 'OBJECT_POLICY']
    .flatMap((type) => droppedNames(tree, type))
    .map((names) => relationOf(names.slice(0, -1)))
  const altered = [tree.AlterDomainStmt, tree.AlterEnumStmt].map((each) => strings(each?.typeName))
  return {
    relations: [...relationsOf(tree), ...dropped, ...triggered],
    types: [...typesOf(tree), ...altered]
      .filter((names) => names.length > 0 && names[0] !== 'pg_catalog')
      .map(relationOf),
    functions: nodesOf(tree, 'FuncCall').map(({ funcname }) => strings(funcname).at(-1) ?? ''),
    schemas: droppedNames(tree, 'OBJECT_SCHEMA').flat(),
  }
}
