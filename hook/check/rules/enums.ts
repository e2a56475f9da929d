import { plainIdentifier } from '../../sql/quote.ts'
import { nodesOf, strings } from './alterations.ts'
import type { Rule } from './rule.ts'

/** Rules about the values of an enum. */

export const enumValueRenamed: Rule = {
  name: 'enum-value-renamed',
  kind: 'breaking',
  severity: 'error',
  finds: 'ALTER TYPE RENAME VALUE',
  why: 'The old version writes and compares the old value, which no longer exists (22P02). Add the new value, let a version of the application read both, and change the rows in batches.',
  unsafe: `alter type order_state rename value 'open' to 'pending';`,
  safe: `alter type order_state add value 'pending';`,
  silent: 'The file says "-- lotse: breaking", or the same run creates the type.',
  judge: ({ tree: { AlterEnumStmt: statement } }, facts) => {
    if (!statement?.oldVal) return []
    const name = strings(statement.typeName).join('.')
    if (facts.types.get(name.includes('.') ? name : `${facts.schema}.${name}`)?.fresh) return []
    return [
      {
        touches: [],
        message: `Renames value ${statement.oldVal} of ${name} to ${statement.newVal}.`,
        breaks: `Statements of the old version that use '${statement.oldVal}' fail (22P02), and it does not know '${statement.newVal}' in what it reads.`,
        safe: `-- lotse: no-transaction\nalter type ${name} add value '${statement.newVal}';\n-- then change the rows in batches, once the application reads both`,
      },
    ]
  },
}

export const enumValueUsed: Rule = {
  name: 'enum-value-used',
  kind: 'mistake',
  severity: 'error',
  finds: 'a value that ALTER TYPE … ADD VALUE adds, used in the same transaction',
  why: 'PostgreSQL refuses it (55P04) until the transaction has committed. Put ADD VALUE into a file of its own.',
  unsafe: `alter type order_state add value 'lost';\nupdate orders set state = 'lost' where id = 1;`,
  safe: `-- lotse: no-transaction\nalter type order_state add value 'lost';\nupdate orders set state = 'lost' where id = 1;`,
  silent: 'The file has no transaction; the same file creates the type.',
  judge: ({ tree, before }, facts) => {
    const added = before.flatMap(({ AlterEnumStmt: each }) =>
      each?.newVal && !each.oldVal ? [{ value: each.newVal, type: strings(each.typeName).at(-1) ?? '' }] : [],
    )
    if (added.length === 0) return []
    const fresh = (name: string): boolean => facts.types.get(`${facts.schema}.${name}`)?.fresh === true
    const used = new Set(nodesOf(tree, 'A_Const').map((each) => each.sval?.sval))
    const found = added.find(({ value, type }) => used.has(value) && !fresh(type))
    if (!found) return []
    return [
      {
        touches: [],
        message: `Uses '${found.value}' in the transaction that adds it to ${found.type}, which fails (55P04).`,
        safe: `-- in an earlier file:\nalter type ${plainIdentifier(found.type)} add value '${found.value}';`,
      },
    ]
  },
}
