import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { assertKnownRules, judge, readStatements } from '../../hook/check/judge.ts'
import { lintersSection } from '../../hook/check/other-linters.ts'
import { rules } from '../../hook/check/rules/all.ts'
import { rulesPage } from '../../hook/check/rules-page.ts'
import { partsOf } from '../../hook/check/statements.ts'
import { isNotable } from '../../hook/command/up.ts'
import { parseDirectives } from '../../hook/migration/directives.ts'
import type { Verdict } from '../../hook/migration/finding.ts'
import type { Migration } from '../../hook/migration/migration.ts'
import { describeFinding, formatBytes, verdictText } from '../../hook/report/finding.ts'
import { verdictGithub, verdictSarif } from '../../hook/report/finding-formats.ts'
import { harmful, probe } from '../fixtures/check/statements.ts'

const files = (texts: readonly string[]): Migration[] =>
  texts.map((text, index) => ({
    name: `00${index + 1}`,
    file: `00${index + 1}.sql`,
    path: `00${index + 1}.sql`,
    kind: 'sql',
    text,
    checksum: '',
    directives: parseDirectives(text, `00${index + 1}.sql`, []),
    down: undefined,
  }))

/** What the check says without a database. */
async function check(texts: readonly string[], options: Parameters<typeof judge>[1] = {}): Promise<Verdict> {
  return judge(await readStatements(files(texts)), options)
}

const loud = ({ findings }: Verdict): string[] =>
  findings.filter(({ severity }) => severity !== 'note').map(({ file, rule }) => `${file} ${rule}`)

test('hook/check/README.md is what make docs writes', () => {
  expect(readFileSync('hook/check/README.md', 'utf8')).toBe(rulesPage() + lintersSection())
})

test('every rule has a name of its own that a directive can write, and all of its page', () => {
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length)
  for (const { name, finds, why, unsafe, safe, silent } of rules) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)+$|^rename$/)
    for (const text of [finds, why, unsafe, safe, silent]) expect(text.length, name).toBeGreaterThan(5)
    expect(why, name).toMatch(/\.$/)
  }
})

describe('without a database', () => {
  test('every table that the same run does not create counts as large', async () => {
    expect(loud(await check(['create index i on orders (total);']))).toEqual(['001.sql index-blocks-writes'])
    expect(loud(await check(['create table orders (total int);', 'create index i on orders (total);']))).toEqual([])
  })

  test('a table of an earlier release is in use, and what it says of its columns is known', async () => {
    const first = `create table orders (id bigint, note varchar(10), total int not null, customer bigint references customers);`
    const widen = 'alter table orders alter column note type varchar(20);'
    const later = [
      first,
      widen,
      'alter table orders alter column total set not null;',
      'create index i on orders (id);',
      'alter table orders drop constraint orders_customer_fkey;',
    ]
    expect(loud(await check(later, { since: 1 }))).toEqual([
      '004.sql index-blocks-writes',
      '005.sql second-table-locked',
    ])
    expect(loud(await check([widen]))).toEqual(['001.sql column-type-rewrites'])
  })

  test('SET NOT NULL in steps is safe only where each step has its file', async () => {
    const steps = [
      'alter table orders add constraint filled check (note is not null) not valid;',
      'alter table orders validate constraint filled;',
      'alter table orders alter column note set not null;\nalter table orders drop constraint filled;',
    ]
    expect(loud(await check(steps))).toEqual([])
    expect(loud(await check([steps.join('\n')]))).toEqual(['001.sql validate-together'])
    expect(loud(await check([steps[0] ?? '', steps[2] ?? '']))).toEqual(['002.sql set-not-null'])
  })

  test('the 19 statements of the probe are found, but for one that needs a catalogue', async () => {
    const found = await Promise.all(probe.map(async (sql) => [sql, loud(await check([sql]))] as const))
    // Whether a type is a domain, and a default partition there, only a database tells.
    expect(found.filter(([, findings]) => findings.length === 0).map(([sql]) => sql)).toEqual([
      'alter table orders add column paid amount;',
    ])
  })
})

test('no word that makes a statement harmful is missing in the test that spares the parser', () => {
  const spared = files(harmful.map(([sql]) => sql)).filter((each) => !isNotable(each))
  expect(spared.map(({ text }) => text)).toEqual([])
  const [table, seed] = files([
    'create table t (id bigint primary key, name text not null);',
    `insert into t values ('do', 'lots'), ('of', 'work');`,
  ])
  expect([table, seed].map((each) => each && isNotable(each))).toEqual([false, false])
})

test('the parser reads only what may matter in a file: not the values that it inserts', async () => {
  const rows = Array.from({ length: 20_000 }, (_, n) => `(${n}, 'a name as long as names are, number ${n}')`)
  const [seed] = files([
    `create index i on t (name);\ninsert into t values (0, this the parser would refuse),\n${rows.join(',\n')};`,
  ])
  const unread: unknown[] = []
  const parts = seed ? await partsOf(seed, (_, error) => unread.push(error)) : []
  expect(parts.map(({ sql }) => sql)).toEqual(['create index i on t (name)'])
  expect(unread).toEqual([])
})

test('a finding shows its place, also behind a comment, other characters than ASCII and a DO block', async () => {
  const text = `-- für später 🦀\nalter table orders\n  add column größe int,\n  add constraint c check (total > 0);`
  const { findings } = await check([text])
  const { line, column, excerpt } = findings.find(({ rule }) => rule === 'check-scans') ?? {}
  expect({ line, column, excerpt }).toEqual({
    line: 4,
    column: 7,
    excerpt: ['4 |   add constraint c check (total > 0);', '  |       ^'],
  })
  const block = await check([`select 1;\ndo $$ begin\n  alter table orders set unlogged;\nend $$;`])
  expect(block.findings).toMatchObject([{ rule: 'table-rewritten', line: 2, column: 1 }])
})

test('a secret in the line of a finding is not shown', async () => {
  const { findings } = await check([`update users set password = 'hunter2';`])
  expect(findings.map((each) => describeFinding(each).join('\n')).join()).not.toContain('hunter2')
  expect(findings).toHaveLength(1)
})

test('what the parser does not know is unjudged, and the rest is judged', async () => {
  const verdict = await check([
    'alter table orders frobnicate;\ndrop table orders;',
    `do $$ begin execute 'drop table x'; end $$;`,
  ])
  expect(verdict.unjudged).toMatchObject([
    { file: '001.sql', line: 1, why: expect.stringContaining('syntax error') },
    { file: '002.sql', line: 1, why: expect.stringContaining('EXECUTE') },
  ])
  expect(loud(verdict)).toEqual(['001.sql drop-object'])
})

test('a file accepts a rule with a reason, and only that rule', async () => {
  const text = '-- lotse: accept drop-column: no version reads it\nalter table orders drop column note, set unlogged;'
  const verdict = await check([text])
  expect(verdict.accepted).toMatchObject([{ rule: 'drop-column', reason: 'no version reads it' }])
  expect(loud(verdict)).toEqual(['001.sql table-rewritten'])
  expect(() => assertKnownRules(files(['-- lotse: accept drop-colum: x\nselect 1']))).toThrow(
    /rule that does not exist/,
  )
})

test('a verdict as text, as annotations and as SARIF', async () => {
  const verdict = await check([
    '-- lotse: accept rename: a view keeps the old name\nalter type a rename to b;\ncreate index i on orders (total);',
  ])
  expect(verdictText(verdict, 1, 'warning')).toMatchInlineSnapshot(`
    "001.sql, line 3, column 1: index-blocks-writes (error)
      3 | create index i on orders (total);
        | ^
      Builds index i on orders and blocks its writes until the build is done.
      Table orders: SHARE, writes wait; how long depends on its size, which no database told.
      Safe form:
        -- lotse: no-transaction
        create index concurrently i on orders (total);

    001.sql, line 2: rename is accepted: a view keeps the old name
    Judged 1 migration: 1 error.
    "
  `)
  expect(verdictGithub(verdict, 'db/migrations')).toMatch(
    /^::error file=db\/migrations\/001.sql,line=3,col=1,title=index-blocks-writes::.*%0A.*\n$/,
  )
  const { runs } = JSON.parse(verdictSarif(verdict, rules, './db', '1.0.0'))
  expect(runs[0].tool.driver.rules).toHaveLength(rules.length)
  expect(runs[0].results).toMatchObject([
    {
      ruleId: 'index-blocks-writes',
      level: 'error',
      locations: [{ physicalLocation: { artifactLocation: { uri: 'db/001.sql' }, region: { startLine: 3 } } }],
    },
    { ruleId: 'rename', suppressions: [{ kind: 'inSource', justification: 'a view keeps the old name' }] },
  ])
})

test.each([
  [999, '999 bytes'],
  [1_200, '1.2 kB'],
  [52_000_000, '52 MB'],
  [1_230_000_000, '1.2 GB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
