import { expect, test } from 'vitest'
import { reversalMark } from '../../hook/apply/refused-statements.ts'
import { splitSections } from '../../hook/folder/sections.ts'
import { parseDirectives } from '../../hook/migration/directives.ts'

const parse = (text: string) => {
  const problems: string[] = []
  return { ...parseDirectives(text, '001_a.sql', problems), problems }
}

test('a file without directives runs in a transaction', () => {
  expect(parse('-- a remark\nselect 1;')).toEqual({
    transaction: true,
    breaking: false,
    phase: 'expand',
    compatible: false,
    backfill: undefined,
    requires: [],
    accepts: [],
    lockTimeout: undefined,
    statementTimeout: undefined,
    problems: [],
  })
})

test('every directive, between other comments and empty lines', () => {
  const text = `-- Why this is needed.
-- lotse: no-transaction

--lotse: breaking
/* a block comment */
-- lotse: requires 000_before.sql
-- lotse: requires 000_other
-- lotse: accept set-not-null: the table has ten rows: seen on 3 May
-- lotse: lock-timeout 5s
-- lotse: statement-timeout 1h
select 1;`
  expect(parse(text)).toEqual({
    transaction: false,
    breaking: true,
    phase: 'expand',
    compatible: false,
    backfill: undefined,
    requires: ['000_before', '000_other'],
    accepts: [{ rule: 'set-not-null', reason: 'the table has ten rows: seen on 3 May' }],
    lockTimeout: 5_000,
    statementTimeout: 3_600_000,
    problems: [],
  })
})

test('a comment over several lines, as of a licence, is head; what stands behind it on its line is not', () => {
  const text = '/*\n  Copyright.\n\n  All rights reserved.\n*/\n-- lotse: breaking\nselect 1;'
  expect(parse(text)).toMatchObject({ breaking: true, problems: [] })
  expect(parse('/* why */ select 1;\n-- lotse: breaking').problems).toHaveLength(1)
})

test('scripts have their own comments', () => {
  expect(parse('// lotse: no-transaction\nexport const up = () => {}').transaction).toBe(false)
})

test.each([
  [
    '-- lotse: no-transactions',
    '001_a.sql, line 1: "no-transactions" is not a Lotse directive; known directives: no-transaction, breaking,',
  ],
  ['-- lotse: lock-timeout', '001_a.sql, line 1: "lotse: lock-timeout" needs one duration, such as lock-timeout 5s'],
  ['-- lotse: lock-timeout 5', 'needs one duration'],
  ['-- lotse: requires', 'needs the name of one migration'],
  ['-- lotse: accept', 'needs a rule and a reason'],
  ['-- lotse: accept rename', 'needs a rule and a reason'],
  ['-- lotse: accept rename:', 'needs a rule and a reason: accept RULE: why it is fine here'],
  ['-- lotse: breaking change', '"lotse: breaking change": breaking takes no argument'],
  [
    'select 1;\n-- lotse: breaking',
    '001_a.sql, line 2: "lotse: breaking" stands after the first statement; move it to the head of the file',
  ],
])('%j is a problem', (text, problem) => {
  expect(parse(text).problems).toEqual([expect.stringContaining(problem)])
})

test.each(['-- lotse breaking', '/* lotse: breaking */'])('%s looks like a directive and is a problem', (text) => {
  expect(parse(`${text}\nselect 1;`).problems).toEqual([expect.stringContaining('looks like a directive but is not')])
})

test('a directive may be written in capitals; a lock timeout of nothing is no limit and refused', () => {
  expect(parse('-- Lotse: breaking\nselect 1;').breaking).toBe(true)
  expect(parse('-- lotse: lock-timeout 0s').problems).toHaveLength(1)
})

const split = (text: string) => {
  const problems: string[] = []
  return { ...splitSections(text, '001_a.sql', problems), problems }
}

test.each([
  ['-- migrate:up', '-- migrate:down'],
  ['--migrate:up', '--migrate:down'],
  ['-- +goose Up', '-- +goose Down'],
  ['-- +migrate Up', '-- +migrate Down'],
  ['-- Up Migration', '-- Down Migration'],
  ['---- Up Migration', '---- Down Migration'],
  ['-- !Ups', '-- !Downs'],
  ['--- !Ups', '--- !Downs'],
  ['-- UP', '-- DOWN'],
  ['-- up', '-- down'],
  ['-- === Up ===', '-- === Down ==='],
])('a file with both directions is separated at %s and %s, its line numbers stay true', (up, down) => {
  expect(split(`${up}\ncreate table a ();\n${down}\ndrop table a;`)).toEqual({
    up: `${up}\ncreate table a ();\n\n`,
    down: `\n\n${down}\ndrop table a;`,
    problems: [],
  })
})

test('a remark about migrations separates nothing', () => {
  const text = '-- Down migration is not possible here.\ncreate table t ();'
  expect(split(text)).toEqual({ up: text, down: undefined, problems: [] })
})

test.each([
  ['-- Down Migration\ndrop table t;', 'has a down marker but no up marker before it'],
  ['create table t ();\n-- migrate:down\ndrop table t;', 'has a down marker but no up marker before it'],
  ['-- migrate:up\n-- nothing\n-- migrate:down\ndrop table t;', 'its up part is empty'],
])('%j is a problem, since what it would apply cannot be told', (text, problem) => {
  expect(split(text).problems).toEqual([expect.stringContaining(problem)])
})

test('tern marks the way back alone; what stands above is applied', () => {
  const mark = '---- create above / drop below ----'
  expect(split(`create table a ();\n${mark}\ndrop table a;`)).toEqual({
    up: 'create table a ();\n\n',
    down: `\n${mark}\ndrop table a;`,
    problems: [],
  })
})

test('the marks of Play evolutions are no SQL, and its doubled semicolon is one', () => {
  const text =
    '# --- !Ups\ncreate function f() returns int begin atomic select 1;; end;\n# --- !Downs\ndrop function f;'
  expect(split(text)).toEqual({
    up: '\ncreate function f() returns int begin atomic select 1;  end;\n\n',
    down: '\n\n\ndrop function f;',
    problems: [],
  })
})

test('a line that begins with an operator stays', () => {
  expect(split(`-- !Ups\nselect '{}'::jsonb\n#>> '{a}';\n-- !Downs\nselect 1`).up).toContain(`#>> '{a}'`)
})

test('a mark in the body of a function separates nothing', () => {
  const text = `create function f() returns void language plpgsql as $$ begin\n-- up\nperform 1;\n-- down\nperform 2; end $$;`
  expect(split(text)).toEqual({ up: text, down: undefined, problems: [] })
  expect(reversalMark(text.replace('down', 'rollback'))).toBeUndefined()
})

test.each([
  '-- undo',
  '-- //@UNDO',
  '/* ROLLBACK */',
  '-- === Revert script ===',
  '-- down',
  '--- Roll back:',
  '# DOWN #',
])('%j between statements marks the way back', (mark) => {
  expect(reversalMark(`create table a ();\n${mark}\ndrop table a;`)).toEqual({ line: 2, mark })
  expect(reversalMark(`${mark}\ndrop table a;`)).toBeUndefined()
  expect(reversalMark(`create table a ();\n${mark}\n-- drop table a;`)).toBeUndefined()
})

test.each([
  '-- roll back by hand if this fails',
  '-- down to here it is the same',
  '-- undo of 004',
  '-- reverse the list',
])('%j is a remark', (remark) => expect(reversalMark(`create table a ();\n${remark}\ndrop table a;`)).toBeUndefined())

test('a file with marks and nothing between them has no problem', () => {
  expect(split('-- +goose Up\n-- +goose Down\n').problems).toEqual([])
})

test.each([
  ['-- lotse: phase contract', { phase: 'contract', breaking: true, compatible: false }],
  ['-- lotse: phase contract\n-- lotse: compatible', { phase: 'contract', breaking: false, compatible: true }],
  ['-- lotse: compatible\n-- lotse: phase contract', { phase: 'contract', breaking: false }],
  ['-- lotse: phase expand', { phase: 'expand', breaking: false }],
  ['-- lotse: backfill orders(id)', { phase: 'backfill', breaking: false, backfill: { table: 'orders', key: 'id' } }],
  ['--lotse:  backfill  shop."Order lines" ( "Id" )', { backfill: { table: 'shop."Order lines"', key: '"Id"' } }],
  [
    '-- lotse: pause-when exists (select from sales where open)\n-- lotse: backfill orders(id)\n-- lotse: max-lag 3s',
    {
      phase: 'backfill',
      backfill: { table: 'orders', key: 'id', pauseWhen: 'exists (select from sales where open)', maxLag: 3_000 },
    },
  ],
  ['-- lotse: backfill orders(id)\n-- lotse: breaking', { phase: 'backfill', breaking: true }],
])('%j says when a migration runs, and whether older versions can run after it', (head, directives) => {
  expect(parse(`${head}\nselect 1;`)).toMatchObject({ ...directives, problems: [] })
})

test.each([
  ['-- lotse: phase', 'needs one phase: phase contract runs after the rollout'],
  ['-- lotse: phase after', 'needs one phase'],
  ['-- lotse: phase contract now', 'needs one phase'],
  ['-- lotse: compatible', '"compatible" belongs to "phase contract"'],
  ['-- lotse: compatible now\n-- lotse: phase contract', 'compatible takes no argument'],
  ['-- lotse: phase contract\n-- lotse: compatible\n-- lotse: breaking', 'contradict each other'],
  ['-- lotse: backfill', 'needs a table and its key: backfill orders(id)'],
  ['-- lotse: backfill orders', 'needs a table and its key'],
  ['-- lotse: backfill orders(id) where done', 'needs a table and its key'],
  ['-- lotse: backfill orders(id; drop table x)', 'needs a table and its key'],
  ['-- lotse: backfill orders(tenant, id)', 'a backfill goes by one column; name one with a unique index of its own'],
  ['-- lotse: backfill orders(id)\n-- lotse: phase contract', '"phase contract" is too much'],
  ['-- lotse: backfill orders(id)\n-- lotse: no-transaction', '"no-transaction" is too much'],
  ['-- lotse: pause-when', 'needs a condition in SQL'],
  ['-- lotse: pause-when true', '"pause-when" belongs to a backfill'],
  ['-- lotse: max-lag 5s', '"max-lag" belongs to a backfill'],
  ['-- lotse: backfill t(id)\n-- lotse: max-lag', 'needs one duration'],
  ['-- lotse phase contract', 'looks like a directive but is not'],
])('%j is a problem', (head, problem) => {
  expect(parse(`${head}\nselect 1;`).problems.join('\n')).toContain(problem)
})
