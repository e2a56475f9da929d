import type { Tree } from '../../sql/parse.ts'
import { plainIdentifier } from '../../sql/quote.ts'
import { type Alteration, alterationsBy, strings, typeOf, written } from './alterations.ts'
import { type Column, type Facts, type Table, tableOf } from './facts.ts'
import type { Found, Rule, Work } from './rule.ts'

export const columnTypeRewrites: Rule = {
  name: 'column-type-rewrites',
  kind: 'blocking',
  severity: 'error',
  finds: 'ALTER COLUMN TYPE that rewrites or scans the table, or rebuilds an index',
  why: 'Where the stored form of the value changes, the table and all its indexes are rewritten under ACCESS EXCLUSIVE. Add a column of the new type, keep both alike by a trigger, fill it in batches, and let the application change over.',
  unsafe: 'alter table orders alter column total type bigint;',
  safe: 'alter table orders alter column note type varchar(40);',
  silent:
    'The table is small, or the same run creates it; the change leaves the stored form alone: a longer or unlimited varchar, varchar to text, a numeric of the same scale and more digits, timestamp to timestamptz while TimeZone is UTC.',
  judge: ({ tree }, facts) =>
    alterationsBy(tree, 'AT_AlterColumnType').flatMap((alteration): Found[] => {
      const { relation, name, column } = alteration
      const table = tableOf(facts, relation)
      const before = table.columns.get(name)
      const after = typeOf(column?.typeName)
      const indexed = table.indexes.some(({ columns }) => columns.includes(name))
      const checked = table.constraints.some(({ type, columns }) => type === 'c' && columns.includes(name))
      const work = workOf(before, after, conversion(alteration), facts, indexed, checked)
      if (work === 'none') return []
      const what = {
        rewrite: 'rewrites the table and its indexes',
        build: 'rebuilds its indexes',
        scan: 'checks every row',
        compare: '',
        change: '',
      }[work]
      const from = before ? ` from ${shown(before)}` : ''
      return [
        {
          touches: [{ table, lock: 'ACCESS EXCLUSIVE', work }],
          message: `Changes ${name} of ${table.name}${from} to ${shown(after)}, which ${before ? what : `may ${what.replace('rewrites', 'rewrite')}`}, and blocks reads and writes meanwhile.`,
          breaks: `Prepared statements of the old version that return ${name} fail once on each connection ("cached plan must not change result type").`,
          safe: withSecondColumn(written(relation), name, shown(after), keyOf(table)),
          at: column?.location,
        },
      ]
    }),
}

type Type = Pick<Column, 'type' | 'modifiers'>

function shown({ type, modifiers }: Type): string {
  const names: Record<string, string> = {
    int2: 'smallint',
    int4: 'integer',
    int8: 'bigint',
    float8: 'double precision',
    bool: 'boolean',
    bpchar: 'char',
  }
  return `${names[type] ?? type}${modifiers.length > 0 ? `(${modifiers.join(',')})` : ''}`
}

/** Whether a USING clause says more than the change itself does. */
function conversion({ name, column }: Alteration): boolean {
  const using: Tree = column?.raw_default ?? {}
  const cast = using.TypeCast
  const argument: Tree = cast?.arg ?? using
  const same = strings(argument.ColumnRef?.fields).at(-1) === name
  const toItself = !cast || typeOf(cast.typeName).type === typeOf(column?.typeName).type
  return column?.raw_default !== undefined && !(same && toItself)
}

/** What the server has to do, by what was measured on PostgreSQL 12 and 14 to 18. */
function workOf(
  before: Type | undefined,
  after: Type,
  converts: boolean,
  { timeZone }: Facts,
  indexed: boolean,
  checked: boolean,
): Work {
  if (converts || !before) return 'rewrite'
  const scanned = checked ? 'scan' : 'none'
  if (before.type === after.type) return keepsForm(before, after) ? scanned : 'rewrite'
  const pair = `${before.type} ${after.type}`
  const free = after.modifiers.length === 0
  if (free && ['varchar text', 'text varchar', 'cidr inet'].includes(pair)) return scanned
  if (pair === 'timestamp timestamptz' || pair === 'timestamptz timestamp') {
    // Fewer digits of a second are rounded, whatever the time zone.
    if (!keepsForm(before, after)) return 'rewrite'
    if (!/^(UTC|Etc\/UTC|GMT|Etc\/GMT)$/i.test(timeZone ?? '')) return 'rewrite'
    return indexed ? 'build' : scanned
  }
  return 'rewrite'
}

/** Whether every value of a type with these modifiers is stored in the same way with those. */
function keepsForm({ type, modifiers: before }: Type, { modifiers: after }: Type): boolean {
  const same = String(before) === String(after)
  switch (type) {
    case 'varchar':
    case 'varbit':
      return same || after.length === 0 || (before.length > 0 && (after[0] ?? 0) >= (before[0] ?? 0))
    case 'numeric':
      return (
        same ||
        after.length === 0 ||
        (before.length > 0 && (after[0] ?? 0) >= (before[0] ?? 0) && (after[1] ?? 0) === (before[1] ?? 0))
      )
    case 'timestamp':
    case 'timestamptz':
    case 'time':
    case 'timetz':
    case 'interval':
      return same || after.length === 0 || (before.length > 0 && (after[0] ?? 0) >= (before[0] ?? 0))
    default:
      return same
  }
}

/** A column whose values tell the rows apart, by which they can be gone through in batches. */
function keyOf({ indexes, columns }: Table): string {
  const keys = indexes.filter((each) => each.valid && each.unique && each.columns.length === 1)
  return keys.flatMap((each) => each.columns).find((name) => columns.get(name)?.notNull) ?? 'KEY'
}

function withSecondColumn(table: string, name: string, type: string, key: string): string {
  const [column, next] = [name, `${name}_new`].map(plainIdentifier)
  const id = key === 'KEY' ? key : plainIdentifier(key)
  const copy = plainIdentifier(`${table.replaceAll(/[".]/g, '_')}_copy_${name}`)
  return [
    `alter table ${table} add column ${next} ${type};`,
    `create function ${copy}() returns trigger language plpgsql as`,
    `  $$begin new.${next} := new.${column}; return new; end$$;`,
    `create trigger ${copy} before insert or update on ${table} for each row execute function ${copy}();`,
    '-- in a later file, the rows that are there, in batches:',
    '-- lotse: no-transaction',
    `do $$ declare low ${table}.${id}%type; high low%type; begin`,
    `  select min(${id}) into low from ${table};`,
    '  while low is not null loop',
    `    select max(${id}) into high from (select ${id} from ${table} where ${id} >= low order by ${id} limit 5000) as batch;`,
    `    update ${table} set ${next} = ${column} where ${id} between low and high;`,
    '    commit;',
    `    select min(${id}) into low from ${table} where ${id} > high;`,
    '  end loop;',
    'end $$;',
    `-- then a version of the application that uses ${next}; drop ${column}, the trigger and its function in the release after that`,
  ].join('\n')
}
