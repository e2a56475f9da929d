import { checksum } from './checksum.ts'
import { none } from './directives.ts'
import type { Applied, Condition, Conditions, Migration } from './migration.ts'
import type { Order } from './name.ts'

/** What a migration asks of the database before and after it, and what that does to its checksum. Pure; rarely needed. */

/** A name that a condition may have; it spares most folders the rest. */
export const mayAsk = /\.(?:check|verify)\.sql$/

/** The migration that a file is a condition of, by its name, and which one; undefined for any other file. */
export function conditionIn(file: string): { readonly name: string; readonly kind: keyof Conditions } | undefined {
  const [, name, kind] = /^(.+)\.(check|verify)\.sql$/.exec(file) ?? []
  return name && kind ? { name, kind: kind as keyof Conditions } : undefined
}

/** The conditions that there are, in the order in which they are asked. */
export function eachCondition({ check, verify }: Conditions): readonly Condition[] {
  return [check, verify].filter((each) => each !== undefined)
}

/** The checksum of a migration with its conditions: that of its text, then `+check:` and `+verify:` with those of theirs. */
export function checksumWith(ofText: string, conditions: Conditions): string {
  const parts = (['check', 'verify'] as const).flatMap((kind) => {
    const condition = conditions[kind]
    return condition ? [`+${kind}:${checksum(condition.text).replace('sha256:', '')}`] : []
  })
  return ofText + parts.join('')
}

/**
 * Whether a migration that was applied with the first checksum is the same by the second, but for conditions that came later: what it
 * did to this database does not depend on them.
 */
export function isSameButForMore(applied: string, now: string): boolean {
  const parts = now.split('+')
  return applied.split('+').every((part) => parts.includes(part))
}

/** A migration that was edited after it was applied: its own text, or only `conditions` that it was applied with. */
export type Edited = {
  readonly kind: 'edited'
  readonly name: string
  readonly file: string
  readonly conditions?: readonly ChangedCondition[]
}

export type ChangedCondition = { readonly file: string; readonly isGone: boolean }

/** What was edited of a migration that was applied with another checksum. */
export function editOf({ name, file, checksum }: Pick<Migration, 'name' | 'file' | 'checksum'>, applied = ''): Edited {
  const [text, ...before] = applied.split('+')
  const [textNow, ...now] = checksum.split('+')
  const conditions = before
    .filter((part) => !now.includes(part))
    .map((part) => {
      const [kind = ''] = part.split(':')
      return { file: `${name}.${kind}.sql`, isGone: !now.some((each) => each.startsWith(`${kind}:`)) }
    })
  return { kind: 'edited', name, file, ...(text === textNow && conditions.length > 0 ? { conditions } : {}) }
}

/**
 * The migrations of a folder, where a file that is named as a condition was applied as a migration of its own by an earlier Lotse: there
 * it stays one.
 */
export function withFormerMigrations(
  folder: readonly Migration[],
  history: readonly Applied[],
  order: Order,
): readonly Migration[] {
  const names = new Set(history.map(({ name }) => name))
  const nameIn = ({ file }: Condition): string => file.replace(/\.sql$/, '')
  const isFormer = (condition: Condition): boolean => names.has(nameIn(condition))
  if (!folder.some(({ conditions = {} }) => eachCondition(conditions).some(isFormer))) return folder
  return folder
    .flatMap((migration): Migration[] => {
      const { conditions, ...rest } = migration
      const former = conditions ? eachCondition(conditions).filter(isFormer) : []
      if (!conditions || former.length === 0) return [migration]
      const left = Object.fromEntries(Object.entries(conditions).filter(([, each]) => !former.includes(each)))
      const ofText = migration.checksum.split('+')[0] ?? ''
      const own = {
        ...rest,
        checksum: checksumWith(ofText, left),
        ...(Object.keys(left).length > 0 && { conditions: left }),
      }
      return [own, ...former.map((each) => asMigration(migration, each))]
    })
    .toSorted((a, b) => order(a.name, b.name))

  function asMigration({ file, path }: Migration, condition: Condition): Migration {
    const { text } = condition
    return {
      name: nameIn(condition),
      file: condition.file,
      path: path.slice(0, -file.length) + condition.file,
      kind: 'sql',
      text,
      checksum: checksum(text),
      directives: none,
      down: undefined,
    }
  }
}
