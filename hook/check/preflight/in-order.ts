import type { Migration } from '../../migration/migration.ts'
import { type Statement, splitStatements, type Tree } from '../../sql/parse.ts'
import { locate } from '../../sql/place.ts'
import { settingsBefore } from '../../sql/settings.ts'
import { eachPiece } from '../../sql/split.ts'
import { alterationsBy, provenNotNull } from '../rules/alterations.ts'
import { type Change, changesByText, changesOf } from './changes.ts'
import { ofConstraint } from './constraint-demands.ts'
import type { Demand } from './demand.ts'
import { demandsOf } from './demands.ts'

/** A migration with the statements of it that the check has read. */
export type Given = {
  readonly migration: Migration
  readonly parts: readonly {
    readonly tree: Tree
    readonly sql: string
    readonly offset: number
    readonly within: (at: number) => number
  }[]
}

/** A demand or a change, with where it stands and the settings that its file has made by then, as SQL. */
export type Step = {
  readonly given: Given
  readonly part: Given['parts'][number] | undefined
  /** For people: file and line. */
  readonly place: string
  readonly settings: readonly string[]
} & ({ readonly demand: Demand } | { readonly change: Change })

/** What pending migrations demand of rows and what they change, in the order of the run. */
export async function inOrder(all: readonly Given[]): Promise<readonly Step[]> {
  const steps: Step[] = []
  /** Constraints that the run itself adds NOT VALID, by table and name. */
  const added = new Map<string, { demands: readonly Demand[]; proves: readonly string[] }>()
  for (const given of all) {
    const { migration, parts } = given
    const { file, text } = migration
    if (migration.kind !== 'sql') {
      const change: Change = { kind: 'anything', why: 'is no SQL file' }
      steps.push({ given, part: undefined, place: file, settings: [], change })
      continue
    }
    const set: Pick<Statement, 'tree' | 'sql'>[] = []
    let next = 0
    for (const { offset, sql, outline } of eachPiece(text)) {
      const own: Given['parts'][number][] = []
      for (let part = parts[next]; part && part.offset < offset + sql.length; part = parts[++next]) own.push(part)
      const settings = settingsBefore(set as Statement[], set.length)
      let place: string | undefined
      const step = (part: Step['part'], content: { demand: Demand } | { change: Change }): void => {
        place ??= `${file}, line ${locate(text, offset).line}`
        steps.push({ given, part, place, settings, ...content })
      }
      if (/^do\b/i.test(outline)) {
        const inside = own
          .flatMap(({ tree }) => changesOf(tree))
          .filter(({ kind }) => kind === 'alters' || kind === 'triggers')
        for (const change of [...changesByText(sql, outline), ...inside]) step(undefined, { change })
        continue
      }
      if (own.length === 0) {
        if (/\bset_config\b/i.test(sql)) set.push(...(await splitStatements(sql).catch(() => [])))
        for (const change of changesByText(sql, outline)) step(undefined, { change })
        continue
      }
      for (const part of own) {
        if (part.tree.VariableSetStmt) set.push(part)
        const demands = demandsOf(part).flatMap((demand) => resolved(demand))
        const changes = changesOf(part.tree)
        // The values that a conversion reads are those before the statement.
        for (const demand of demands.filter(({ asks }) => asks.kind === 'cast')) step(part, { demand })
        for (const change of changes) step(part, { change })
        for (const demand of demands.filter(({ asks }) => asks.kind !== 'cast')) step(part, { demand })
        remember(part)
        for (const { relation, name } of alterationsBy(part.tree, 'AT_ValidateConstraint')) {
          const columns = added.get(keyOf(relation.relname, name))?.proves
          if (columns) step(part, { change: { kind: 'proves', relation, columns } })
        }
      }
    }
  }
  return steps

  function remember(part: Given['parts'][number]): void {
    for (const alteration of alterationsBy(part.tree, 'AT_AddConstraint')) {
      const { relation, constraint } = alteration
      if (!constraint?.skip_validation || !constraint.conname) continue
      const demands = ofConstraint(part, alteration, { ...constraint, skip_validation: false })
      added.set(keyOf(relation.relname, constraint.conname), { demands, proves: provenNotNull(constraint.raw_expr) })
    }
  }

  /** What is validated, where the run itself has added it. */
  function resolved(demand: Demand): readonly Demand[] {
    if (demand.asks.kind !== 'validate') return [demand]
    const demands = added.get(keyOf(demand.relation.relname, demand.asks.name))?.demands
    return demands?.map((each) => ({ ...each, at: undefined })) ?? [demand]
  }
}

function keyOf(table = '', constraint: string): string {
  return `${table}.${constraint}`
}
