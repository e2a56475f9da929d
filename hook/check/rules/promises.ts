import type { Tree } from '../../sql/parse.ts'
import { plainIdentifier } from '../../sql/quote.ts'
import { addedConstraints, alterationsBy, strings, written } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Found, Rule } from './rule.ts'

/** Rules about what a table promises its users: constraints, defaults and permissions that the old version relies on or violates. */

export const promiseTaken: Rule = {
  name: 'promise-taken',
  kind: 'breaking',
  severity: 'note',
  finds: 'DROP NOT NULL, DROP DEFAULT and SET DEFAULT on an existing column',
  why: 'The old version may rely on it: code that reads the column does not expect a null, and code that inserts without it relies on the default.',
  unsafe: 'alter table orders alter column total drop default;',
  safe: 'alter table orders alter column total set statistics 500;',
  silent:
    'The file says "-- lotse: breaking", or the same run creates the column. SET DEFAULT where there was none, since no INSERT relies on that.',
  judge: ({ tree }, facts) =>
    alterationsBy(tree, 'AT_DropNotNull', 'AT_ColumnDefault').flatMap(({ relation, kind, name, command }): Found[] => {
      const table = tableOf(facts, relation)
      const column = table.columns.get(name)
      const drops = kind === 'AT_DropNotNull'
      if (!drops && !column?.hasDefault && (facts.online || command.def)) return []
      if (drops && column?.notNull === false) return []
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work: 'none' }],
          message: drops
            ? `${name} of ${table.name} may become null.`
            : `Changes the default of ${name} of ${table.name}.`,
          breaks: drops
            ? `The old version does not expect null in ${name}.`
            : `An INSERT of the old version that leaves ${name} to its default gets another value, or fails.`,
          safe: `-- in the release after the one whose code can do without it:\n-- lotse: accept promise-taken: no running version relies on it`,
        },
      ]
    }),
}

export const newPromise: Rule = {
  name: 'new-promise',
  kind: 'breaking',
  severity: 'note',
  finds: 'a new CHECK, FOREIGN KEY, UNIQUE or NOT NULL constraint, also NOT VALID',
  why: 'It holds for every new row at once, so an INSERT or UPDATE of the old version that violates it fails. The application must keep to it before the database demands it.',
  unsafe: 'alter table orders add constraint orders_note_short check (length(note) < 10) not valid;',
  safe: 'alter table orders add column discount integer;',
  silent:
    'The file says "-- lotse: breaking", or the same run creates the table. A constraint that only proves a column not null that the application already fills is accepted with that reason.',
  judge: ({ tree }, facts) =>
    ['CONSTR_CHECK', 'CONSTR_FOREIGN', 'CONSTR_UNIQUE', 'CONSTR_PRIMARY', 'CONSTR_NOTNULL'].flatMap((type) =>
      addedConstraints(tree, type).map(({ relation, constraint }): Found => {
        const table = tableOf(facts, relation)
        const what = constraint.conname ? `constraint ${constraint.conname}` : 'a constraint'
        return {
          touches: [{ table, lock: 'ROW EXCLUSIVE', work: 'none' }],
          message: `New rows of ${table.name} have to satisfy ${what}, also those that the old version writes.`,
          breaks: 'An INSERT or UPDATE of the old version that violates it fails (23502, 23503, 23505, 23514).',
          safe: '-- first a release whose code keeps to it, then the constraint:\n-- lotse: accept new-promise: every running version keeps to it',
          at: constraint.location,
        }
      }),
    ),
}

export const permissionTaken: Rule = {
  name: 'permission-taken',
  kind: 'breaking',
  severity: 'error',
  finds: 'REVOKE, ENABLE or FORCE ROW LEVEL SECURITY, OWNER TO',
  why: 'Row level security without a policy hides every row from everybody but the owner, and no error says so. REVOKE and a new owner take privileges from the role that the old version uses (42501).',
  unsafe: 'alter table orders enable row level security;',
  safe: 'create policy orders_all on orders using (true);',
  silent: 'The file says "-- lotse: breaking", or the same run creates the table.',
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

export const triggerChanged: Rule = {
  name: 'trigger-changed',
  kind: 'brief',
  severity: 'warning',
  finds: 'CREATE, DROP, ENABLE or DISABLE TRIGGER',
  why: 'It locks the table (SHARE ROW EXCLUSIVE, DROP TRIGGER: ACCESS EXCLUSIVE), and from then on every write of the old version runs the trigger, or runs without it. Fine for a trigger that keeps two columns alike; worth a look for any other.',
  unsafe: 'create trigger orders_touched before update on orders for each row execute function touch();',
  safe: 'create or replace function touch() returns trigger language plpgsql as $$begin return new; end$$;',
  silent: 'The table is small, or the same run creates it.',
  judge: ({ tree }, facts) => {
    const created = tree.CreateTrigStmt?.relation
      ? [
          {
            relation: tree.CreateTrigStmt.relation,
            lock: 'SHARE ROW EXCLUSIVE' as const,
            what: `Creates trigger ${tree.CreateTrigStmt.trigname} on`,
          },
        ]
      : []
    const names =
      tree.DropStmt?.removeType === 'OBJECT_TRIGGER'
        ? strings((tree.DropStmt.objects?.[0] as { List?: { items?: unknown[] } } | undefined)?.List?.items)
        : []
    const [relname, schemaname] = names.slice(0, -1).toReversed()
    const dropped = relname
      ? [
          {
            relation: schemaname ? { relname, schemaname } : { relname },
            lock: 'ACCESS EXCLUSIVE' as const,
            what: `Drops trigger ${plainIdentifier(names.at(-1) ?? '')} of`,
          },
        ]
      : []
    const switched = alterationsBy(
      tree,
      'AT_EnableTrig',
      'AT_DisableTrig',
      'AT_EnableTrigAll',
      'AT_DisableTrigAll',
      'AT_EnableTrigUser',
      'AT_DisableTrigUser',
      'AT_EnableAlwaysTrig',
      'AT_EnableReplicaTrig',
    ).map(({ relation, kind }) => ({
      relation,
      lock: 'SHARE ROW EXCLUSIVE' as const,
      what: `${kind.includes('Disable') ? 'Disables' : 'Enables'} triggers of`,
    }))
    return [...created, ...dropped, ...switched].map(({ relation, lock, what }) => {
      const table = tableOf(facts, relation)
      return {
        touches: [{ table, lock, work: 'none' }],
        message: `${what} ${table.name}: ${lock === 'ACCESS EXCLUSIVE' ? 'reads and writes wait' : 'writes wait'} for the lock, and each write of the old version is affected.`,
        safe: '-- alone in its file, with a short wait for the lock:\n-- lotse: lock-timeout 500ms\n-- lotse: accept trigger-changed: the old version is fine with it',
      }
    })
  },
}
