import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

const up = (url: string, files: Record<string, string>) =>
  lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) })

test.each([
  ["do $$\nbegin\n  perform 1;\n  raise exception 'no';\nend $$;", 4, 3],
  ['select 1;\n\ndo language plpgsql $b$ begin\n perform 1 / 0;\nend $b$', 4, 2],
  ["do 'begin\n  perform 1;\n   perform f();\nend'", 3, 4],
  ['do $$ begin\n  select missing;\nend $$', 2, 3],
])('an error inside a DO block points at its line: %j', async (text, line, column) => {
  const { url, query } = await freshDatabase()
  await query(`create function f() returns void language plpgsql as $$ begin\n\n\n\n\n raise 'deep'; end $$`)
  for (const head of ['', '-- lotse: no-transaction\n']) {
    const run = await up(url, { '001_a.sql': head + text })
    expect(run.code).toBe(24)
    expect(run.terminationMessage).toContain(`001_a.sql, line ${line + (head ? 1 : 0)}, column ${column}:`)
  }
})

test('the encoding that a file sets does not reach what Lotse sends', async () => {
  const { url, query } = await freshDatabase()
  const run = await up(url, {
    '001_größe.sql': `set client_encoding = 'latin1'; create table t (n text); do $$ begin end $$;`,
    '002_über.sql': `insert into t values ('Käse'); do $$ begin end $$;`,
    '003_zoë.sql': `-- lotse: no-transaction\ncall latin1();\ninsert into t values ('Öl');`,
    '000_p.sql': `create procedure latin1() language sql as $$ select set_config('client_encoding', 'latin1', false) $$`,
  })
  expect(run).toMatchObject({ code: 0 })
  expect(await query('select name from lotse_history order by name collate "C"')).toEqual(
    ['000_p', '001_größe', '002_über', '003_zoë'].map((name) => ({ name })),
  )
  expect(await query('select n from t')).toEqual([{ n: 'Käse' }, { n: 'Öl' }])
})

test('in an SQL_ASCII database, where positions are bytes, an error is told at its place', async () => {
  const server = inject('postgresUrl')
  const name = `ascii_${process.pid}_${Date.now()}`
  const client = new pg.Client(server)
  await client.connect()
  onTestFinished(async () => {
    await client.query(`drop database if exists ${name} with (force)`)
    await client.end()
  })
  await client.query(`create database ${name} encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0`)
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href
  const comment = `-- ${'größer äöü 🦀 '.repeat(20)}\n`
  const run = await up(url, {
    '001_a.sql': `${comment.repeat(5)}select 1;\n\n  select 'ü', nothing;\n${comment.repeat(5)}`,
  })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('001_a.sql, line 8, column 15: column "nothing" does not exist')
})
