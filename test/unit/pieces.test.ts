import { expect, test } from 'vitest'
import { splitStatements } from '../../hook/sql/parse.ts'
import { piecesOf } from '../../hook/sql/split.ts'

test.each([
  'select 1',
  ';; select 1;\n; -- nothing;\nselect 2;',
  '/* a /* b */ c */ select 1; /* /* */ -- */ select 2',
  `-- ü; comment\nselect ';', $$;$$, "x;y" from t; /* ; /* ; */ ; */\n  -- € another\ninsert into t values ('Käse;', E'\\';', 'it''s;');`,
  'create function f() returns void as $f$ begin perform $$;$$; end $f$ language plpgsql; select 1',
  'create function f() returns int begin atomic select 1; select case when true then 1 end; end; select 2;',
  'create function f() returns int begin atomic end; select 2;',
  'create rule r as on insert to t do also (delete from a; delete from b); select 1;',
  'select a$b$c, 1 from t; select $1; select $tag$ $$ ; $tag$',
  `select U&'d\\0061t;a', B'1', 'a;'\n'b;' -- last;`,
])('statements are found where the parser finds them: %s', async (text) => {
  const exact = await splitStatements(text)
  expect(piecesOf(text).map(({ offset }) => offset)).toEqual(exact.map(({ offset }) => offset))
})

test('what no parser reads has pieces, too', () => {
  expect(piecesOf(`select 'open; select 2;`)).toHaveLength(1)
  expect(piecesOf('select 1) ; select 2').map(({ sql }) => sql)).toEqual(['select 1) ', 'select 2'])
  expect(piecesOf(' -- only a comment\n')).toEqual([])
})
