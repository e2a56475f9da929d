import { expect, test } from 'vitest'
import { reversalMark } from '../../hook/apply/refused-statements.ts'
import { format, isReversal } from '../../hook/folder/lotse.ts'
import { linesInQuotation } from '../../hook/folder/sections.ts'
import { splitStatements } from '../../hook/sql/parse.ts'
import { lostSetting } from '../../hook/sql/settings.ts'

test.each([
  'create table a (id int);\n/* Rollback:\ndrop table a;\n*/',
  'create table a (id int);\n/* Rollback:\ndrop table a;\n*/\ncreate index i on a (id);',
  'create table a (id int);\n-- rollback:\n-- drop table a;\ncreate index i on a (id);',
  'create table a (id int);\n-- Down payment\ninsert into a values (1);',
  'create table a (id int);\n-- rollback',
])('%j holds nothing that would revert it when it runs', (text) => {
  expect(reversalMark(text)).toBeUndefined()
})

test.each([
  ['create table a (id int);\n-- rollback\ndrop table a;', 2],
  ['create table a (id int);\n/* ROLLBACK */\ndrop table a;', 2],
  ['-- down\n-- see below\ncreate table a (id int);\n-- down\ndrop table a;', 4],
])('%j holds what reverts it, from line %i', (text, line) => {
  expect(reversalMark(text)).toMatchObject({ line })
})

test('a carriage return in a string moves no line', () => {
  const inQuotation = linesInQuotation("insert into a values ('x\ry');\n-- +goose Down\nselect '\n';")
  expect([0, 1, 2, 3].map(inQuotation)).toEqual([false, false, false, true])
})

test.each([
  ['001_a.down.sql', true],
  ['001_a.rollback.sql', true],
  ['001.undo.a.sql', true],
  ['U1__a.sql', true],
  ['001.down.payment.sql', false],
  ['012.revert.price.sql', false],
  ['2024.01.rollback.prices.sql', false],
])('%s is a reversal by its name: %s', (file, expected) => {
  expect(isReversal(file)).toBe(expected)
})

test.each([
  [`do $$ begin execute 'update ' || quote_ident('t') || ' set a = 1'; end $$`, undefined],
  [`do $$ begin execute 'alter table t alter column a' || ' set not null'; end $$`, undefined],
  [`do $$ begin perform set_config('x.y', 'z', true); perform f(false); end $$`, undefined],
  [`do $$ begin perform set_config('x.y', 'z', false); end $$`, 'computed'],
  [`do $$ begin execute 'set search_path to a'; end $$`, 'computed'],
  [`do $$ begin execute format('set search_path to %I', 'a'); end $$`, 'computed'],
  ['do $$ begin set search_path to a; end $$', 'computed'],
])('%s loses a setting: %s', async (sql, lost) => {
  expect(lostSetting((await splitStatements(sql))[0]?.tree ?? {})).toBe(lost)
})

test('a part that reverts beside a file that does is named with its line, and what to do', () => {
  const problems: string[] = []
  const text = '-- UP\ncreate table a (id int);\n\n-- DOWN\ndrop table a;'
  const entry = { name: '001_a', file: '001_a.sql', kind: 'sql', downFile: '001_a.down.sql' } as const
  const folder = { files: [], has: () => true, read: () => 'drop table a', problems, env: undefined }
  format.partsOf(entry, text, folder)
  expect(problems).toEqual([
    '001_a.sql, line 4: what reverts it begins here, and 001_a.down.sql reverts it too; delete the file, or this part',
  ])
})
