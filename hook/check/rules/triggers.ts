import { plainIdentifier } from '../../sql/quote.ts'
import { alterationsBy, strings } from './alterations.ts'
import { tableOf } from './facts.ts'
import type { Rule } from './rule.ts'

/** Rules about triggers. */

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
