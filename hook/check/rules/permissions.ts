import type { Tree } from '../../sql/parse.ts'
import { alterationsBy, droppedNames, relationOf, written } from './alterations.ts'
import { type Facts, tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about who may see and change a table: row level security, privileges, its owner. */

export const permissionTaken: Rule = {
  name: 'permission-taken',
  kind: 'breaking',
  severity: 'error',
  finds: 'REVOKE, ENABLE or FORCE ROW LEVEL SECURITY, DROP or ALTER POLICY, a RESTRICTIVE policy, OWNER TO',
  why: 'Row level security without a policy hides every row from everybody but the owner, and no error says so. REVOKE and a new owner take privileges from the role that the old version uses (42501).',
  unsafe: 'alter table orders enable row level security;',
  safe: 'create policy orders_all on orders using (true);',
  silent:
    'The file says "-- lotse: breaking", or the same run creates the table; policies, while row level security is off.',
  judge: ({ tree }, facts) => {
    const altered = alterationsBy(tree, 'AT_EnableRowSecurity', 'AT_ForceRowSecurity', 'AT_ChangeOwner').map(
      ({ relation, kind }): Found => {
        const table = tableOf(facts, relation)
        const owner = kind === 'AT_ChangeOwner'
        return {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
          message: owner ? `Gives ${table.name} to another owner.` : `Turns on row level security for ${table.name}.`,
          breaks: owner
            ? 'The old version may lack privileges that it had as the owner (42501).'
            : 'The old version sees only rows that a policy shows it; without a policy, none.',
          safe: owner
            ? `-- first grant what the application’s role needs:\ngrant select, insert, update, delete on ${written(relation)} to APPLICATION;`
            : `-- first a policy for the application’s role, in the same file:\ncreate policy everything on ${written(relation)} to APPLICATION using (true) with check (true);\nalter table ${written(relation)} enable row level security;`,
        }
      },
    )
    altered.push(...policies(tree, facts))
    const { GrantStmt: grant } = tree
    if (!grant || grant.is_grant) return altered
    const relations = (grant.objects ?? []).flatMap(({ RangeVar }: Tree) => RangeVar ?? [])
    const revoked = relations.map((relation): Found => {
      const table = tableOf(facts, relation)
      return {
        touches: [{ table, lock: 'ROW EXCLUSIVE', work: 'none' }],
        message: `Revokes privileges on ${table.name}.`,
        breaks: 'Statements of the old version that need them fail (42501).',
        safe: '-- in the release after the one whose code can do without:\n-- lotse: accept permission-taken: no running version uses it',
      }
    })
    return [...altered, ...revoked]
  },
}

/** Policies that a statement takes away, changes, or adds as one more condition. */
function policies(tree: Tree, facts: Facts): Found[] {
  const { AlterPolicyStmt: changed, CreatePolicyStmt: created } = tree
  const dropped = droppedNames(tree, 'OBJECT_POLICY').map((names) => ({
    relation: relationOf(names.slice(0, -1)),
    what: `Drops policy ${names.at(-1)} of`,
  }))
  const altered = changed?.table ? [{ relation: changed.table, what: `Changes policy ${changed.policy_name} of` }] : []
  const restrictive =
    created?.table && created.permissive !== true
      ? [{ relation: created.table, what: `Adds the restrictive policy ${created.policy_name} to` }]
      : []
  return [...dropped, ...altered, ...restrictive].flatMap(({ relation, what }): Found[] => {
    const table = tableOf(facts, relation)
    if (table.rowSecurity === false) return []
    return [
      {
        touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
        message: `${what} ${table.name}: roles that it is for may see and write fewer rows.`,
        severity: 'warning',
        breaks: 'The old version may miss rows without an error, or fail to write them (42501).',
        safe: '-- first a version of the application that can do without those rows; then:\n-- lotse: accept permission-taken: every running version can do without them',
      },
    ]
  })
}
