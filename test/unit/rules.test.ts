import { expect, test } from 'vitest'
import { checkSteps } from '../../hook/apply/refused-statements.ts'
import { parseDirectives } from '../../hook/migration/directives.ts'
import type { Migration } from '../../hook/migration/migration.ts'
import { controlsTransaction, mayCommit, needsNoTransaction } from '../../hook/sql/kinds.ts'
import { splitStatements } from '../../hook/sql/parse.ts'

const treeOf = async (sql: string) => (await splitStatements(sql))[0]?.tree ?? {}

test.each([
  ['create index concurrently i on t (a)', 'CREATE INDEX CONCURRENTLY'],
  ['create unique index concurrently if not exists i on t (a)', 'CREATE INDEX CONCURRENTLY'],
  ['drop index concurrently i', 'DROP INDEX CONCURRENTLY'],
  ['reindex (concurrently) index i', 'REINDEX CONCURRENTLY'],
  ['reindex table concurrently t', 'REINDEX CONCURRENTLY'],
  ['reindex database d', 'REINDEX of a schema or database'],
  ['alter table p detach partition c concurrently', 'DETACH PARTITION CONCURRENTLY'],
  ['vacuum t', 'VACUUM'],
  ['vacuum (full, analyze) t', 'VACUUM'],
  ['cluster', 'CLUSTER without a table'],
  ['create database d', 'CREATE DATABASE'],
  ['alter system set work_mem = 1', 'ALTER SYSTEM'],
  ['discard all', 'DISCARD ALL'],
  ['create index i on t (a)', undefined],
  ['reindex index i', undefined],
  ['alter table p detach partition c', undefined],
  ['alter table p detach partition c finalize', undefined],
  ['analyze t', undefined],
  ['cluster t using i', undefined],
  [`alter type e add value 'x'`, undefined],
  ['alter table t validate constraint c', undefined],
])('%s: cannot run in a transaction: %s', async (sql, statement) => {
  expect(needsNoTransaction(await treeOf(sql))).toBe(statement)
})

test.each([
  'create index concurrently i on t (a)',
  'drop index concurrently i',
  'reindex table concurrently t',
  'reindex database d',
  'alter table p detach partition c concurrently',
  'vacuum t',
  'cluster',
  'create database d',
  'drop database d',
  `create tablespace s location '/s'`,
  'drop tablespace s',
  'alter system set work_mem = 1',
  'discard all',
  'begin',
  'commit',
  'rollback',
  'start transaction',
  `prepare transaction 'x'`,
  'end',
  'abort',
])('%s is found in a file with a transaction, before anything runs', async (sql) => {
  expect(await checkSteps([step(`select 1;\n${sql};`)])).toMatchObject([{ file: '001_a.sql', line: 2 }])
})

test.each([
  ['begin', 'BEGIN'],
  ['commit', 'COMMIT'],
  ['rollback', 'ROLLBACK'],
  ['start transaction', 'START'],
  ["prepare transaction 'x'", 'PREPARE'],
  ['savepoint a', undefined],
  ['rollback to a', undefined],
  ['release a', undefined],
])('%s controls the transaction: %s', async (sql, kind) => {
  expect(controlsTransaction(await treeOf(sql))).toBe(kind)
})

test('a procedure and a block may commit, a function call may not', async () => {
  expect(mayCommit(await treeOf('call p()'))).toBe(true)
  expect(mayCommit(await treeOf('do $$ begin commit; end $$'))).toBe(true)
  expect(mayCommit(await treeOf('select f()'))).toBe(false)
})

test('statements are split where PostgreSQL splits them, comments, quotes and multibyte text included', async () => {
  const sql = `-- ü; comment
select ';', $$;$$, "x;y" from t; /* ; */
  -- € another
insert into t values ('Käse;');

create function f() returns void as $f$ begin perform 1; end $f$ language plpgsql`
  const statements = await splitStatements(sql)
  expect(statements.map((each) => each.sql.slice(0, 6))).toEqual(['select', 'insert', 'create'])
  expect(statements.map((each) => sql.slice(each.offset, each.offset + 6))).toEqual(['select', 'insert', 'create'])
})

test('the hash of a statement ignores what stands before it', async () => {
  const [a] = await splitStatements('select 1;')
  const [b] = await splitStatements('-- a comment\n\n  select 1')
  expect(a?.hash).toBe(b?.hash)
})

const step = (text: string): Migration => ({
  name: '001_a',
  file: '001_a.sql',
  path: '',
  kind: 'sql',
  text,
  checksum: '',
  directives: parseDirectives(text, '', []),
  down: undefined,
})

test.each([
  ['vacuum t;', [{ kind: 'needsNoTransaction', line: 1, statement: 'VACUUM' }]],
  ['select 1;\n\ncommit;', [{ kind: 'controlsTransaction', line: 3, statement: 'COMMIT' }]],
  [
    '-- lotse: no-transaction\nbegin; select 1; commit',
    [{ kind: 'controlsTransaction', statement: 'BEGIN' }, { statement: 'COMMIT' }],
  ],
  ['-- lotse: no-transaction\ncreate index concurrently on t (a);', [{ kind: 'unnamedIndex', line: 2 }]],
  [
    '-- lotse: no-transaction\nselect 1;\nselec 2',
    [{ kind: 'syntax', line: 3, message: 'syntax error at or near "selec"' }],
  ],
  ['do $$ begin perform 1; end $$; -- vacuum later', []],
  [`insert into t values ('commit; vacuum')`, []],
])('%j is checked before it runs', async (text, refusals) => {
  expect(await checkSteps([step(text)])).toEqual(refusals.map((each) => expect.objectContaining(each)))
})

test('a large file of data is no work: neither the words in its strings nor its many statements', async () => {
  const inserts = Array.from(
    { length: 20_000 },
    (_, id) => `insert into t values (${id}, 'begin at the end, don''t commit');`,
  )
  const started = performance.now()
  expect(await checkSteps([step(inserts.join('\n'))])).toEqual([])
  expect(await checkSteps([step(`${inserts.join('\n')}\nvacuum;`)])).toMatchObject([{ line: 20_001 }])
  expect(performance.now() - started).toBeLessThan(5_000)
}, 30_000)

test('statements of a large file are found in one pass', async () => {
  const text = `select '${'ü'.repeat(500)}';\n`.repeat(2_000)
  const started = performance.now()
  const statements = await splitStatements(text)
  expect(performance.now() - started).toBeLessThan(10_000)
  expect(statements.at(-1)?.offset).toBe(text.lastIndexOf('select'))
}, 30_000)
