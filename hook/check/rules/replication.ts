import type { Tree } from '../../sql/parse.ts'
import { alterationsBy, written } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about logical replication. */

export const replicaIdentityLost: Rule = {
  name: 'replica-identity-lost',
  kind: 'breaking',
  severity: 'error',
  finds: 'dropping the primary key of a published table, or REPLICA IDENTITY NOTHING',
  why: 'A publication of updates and deletes names rows by the replica identity, by default the primary key. Without one, every UPDATE and DELETE of the table fails (55000), also those of the running version.',
  unsafe: 'alter table payments drop constraint payments_pkey;',
  safe: 'alter table payments replica identity full;',
  silent:
    'No publication has the table, or its replica identity is FULL or another index; the file says "-- lotse: breaking"; without a database, always.',
  judge: ({ tree }, facts) => {
    const losing = alterationsBy(tree, 'AT_DropConstraint', 'AT_ReplicaIdentity').filter(
      ({ relation, kind, name, command }) => {
        const { constraints, replicaIdentity } = tableOf(facts, relation)
        const { ReplicaIdentityStmt: identity }: Tree = command.def ?? {}
        if (kind === 'AT_ReplicaIdentity') return identity?.identity_type === 'n'
        return replicaIdentity === 'd' && constraints.some((each) => each.type === 'p' && each.name === name)
      },
    )
    return losing.flatMap(({ relation }): Found[] => {
      const table = tableOf(facts, relation)
      if (table.publications.length === 0) return []
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
          message: `Takes the replica identity of ${table.name}, which publication ${table.publications.join(', ')} needs.`,
          breaks: `Every UPDATE and DELETE of ${table.name} fails (55000).`,
          safe: `-- before it, give the table another identity: a unique index on columns that are NOT NULL, or\nalter table ${written(relation)} replica identity full;`,
        },
      ]
    })
  },
}
