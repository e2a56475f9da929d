import { checksum } from '../migration/checksum.ts'
import { checksumWith, conditionIn } from '../migration/conditions.ts'
import { none, parseDirectives } from '../migration/directives.ts'
import type { Conditions } from '../migration/migration.ts'
import { nameOf } from '../migration/name.ts'
import type { Entry, Folder, Parts } from './format.ts'

/** The conditions that stand beside migrations as files of their own; in layouts whose tool gives no migration such a name. */

type Asking = {
  /** Files that are conditions. */
  readonly files: ReadonlySet<string>
  /** What a migration's file asks; or whose condition it should be, where that migration is gone. */
  readonly of: (file: string) => Pick<Entry, 'conditions' | 'conditionOf'>
}

/** Finds and reads the conditions among the files that revert nothing. What has a reversal of its own is no condition. */
export function readConditions(candidates: readonly string[], { has, read, problems }: Folder): Asking {
  const files = new Set<string>()
  const conditions = new Map<string, Conditions>()
  const gone = new Map<string, string>()
  const names = new Set(candidates.map(nameOf))
  for (const file of candidates) {
    const found = has(`${nameOf(file)}.down.sql`) ? undefined : conditionIn(file)
    if (!found) continue
    const { name, kind } = found
    if (!names.has(name)) gone.set(file, name)
    else {
      const text = read(file)
      if (parseDirectives(text, file, problems) !== none)
        problems.push(`${file}: a condition has no directives; those of its migration ${name} count for it, too`)
      files.add(file)
      conditions.set(name, { ...conditions.get(name), [kind]: { file, text } })
    }
  }
  const of: Asking['of'] = (file) => {
    const [own, lost] = [conditions.get(nameOf(file)), gone.get(file)]
    return { ...(own ? { conditions: own } : {}), ...(lost ? { conditionOf: lost } : {}) }
  }
  return { files, of }
}

/** The parts of a migration with conditions: its checksum is made of them, too. */
export function withConditions(parts: Parts, whole: string, conditions: Conditions): Parts {
  return { ...parts, checksum: checksumWith(checksum(whole), conditions) }
}
