import { expect, test } from 'vitest'
import { isClosed } from '../../hook/sql/split.ts'

test.each([
  ['plain SQL', 'create table a (id int primary key);\n'],
  ['no semicolon at the end', 'create table a (id int)'],
  ['strings, doubled quotes, a string over two lines', `insert into a values ('it''s', 'two\nlines', '--', '/*');`],
  ['names with quotes', `create table "o'clock" (id int, "a""b" text);`],
  ['a line comment that a carriage return ends', `-- don't\rselect 1;`],
  ['a line comment with a quote in it', `-- don't\nselect 1; -- it's the last`],
  ['operators', 'select 4 - 3, -1, 4/2, 1 - -1;'],
])('%s: what follows stays outside', (_, text) => expect(isClosed(text)).toBe(true))

test.each([
  ['an open string', `insert into a values ('it's');`],
  ['an open string after a comment with a quote', `-- don't\nselect 'a;`],
  ['an open name', 'create table "a (id int);'],
  ['a comment that never ends', 'select 1; /* the rest'],
  ['a comment that ends, too: they nest', 'select 1; /* a /* b */ */'],
  ['a dollar quote', 'do $$ begin end $$;'],
  ['a backslash, which may escape a quote', String.raw`select E'it\'s';`],
  ['a very long text', 'select 1;'.repeat(10_000)],
])('%s: not taken for closed', (_, text) => expect(isClosed(text)).toBe(false))

test('a text that is nearly closed takes no longer', () => {
  const started = performance.now()
  expect(isClosed(`${"-- a'b\n'x' ".repeat(1_500)}'`)).toBe(false)
  expect(performance.now() - started).toBeLessThan(200)
})
