import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { earlierLotse } from '../support/earlier.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

const first = {
  '001_users.sql': `create table users (id bigint primary key, full_name text); insert into users select n, 'name ' || n from generate_series(1, 5) n;`,
}
const release = {
  ...first,
  '002_add_name.sql': 'alter table users add column name text;',
  '003_fill_name.sql': `-- lotse: backfill users(id)
update users set name = full_name where id between $1 and $2 and name is null;`,
  '004_drop_full_name.sql': `-- lotse: phase contract
alter table users drop column full_name;`,
  '005_add_age.sql': 'alter table users add column age int;',
}
const columns = `select string_agg(column_name, ' ' order by ordinal_position) as columns from information_schema.columns where table_name = 'users'`
const applied = `select string_agg(left(name, 3) || case when breaking then '!' else '' end, ' ' order by position) as applied from lotse_history`

/** A database on which the first release runs, and the commands of the next one. */
async function secondRelease(files: Record<string, string> = release) {
  const database = await freshDatabase()
  const old = { DATABASE_URL: database.url, LOTSE_MIGRATIONS: migrationsFolder(first) }
  expect((await lotse(['up'], old)).code).toBe(0)
  return { ...database, old, env: { DATABASE_URL: database.url, LOTSE_MIGRATIONS: migrationsFolder(files) } }
}

test('a column is renamed in one release: up expands, finish fills and contracts, and each step says what waits', async () => {
  const { query, env } = await secondRelease()
  const early = await lotse(['finish'], env)
  expect(early.code, early.output).toBe(23)
  expect(early.terminationMessage).toContain(
    '2 migrations are pending that must come before the rollout: 002_add_name, 005_add_age',
  )
  const waits = '2 wait for lotse finish: 003_fill_name (backfill), 004_drop_full_name (contract)'
  const up = await lotse(['up'], env)
  expect(up.code, up.output).toBe(0)
  expect(up.output).toContain(`2 migrations to apply, 1 applied before: 002_add_name, 005_add_age; ${waits}`)
  expect(await query(columns)).toEqual([{ columns: 'id full_name name age' }])
  // The gate and a second run are content, the latter by a single query.
  expect((await lotse(['wait', '--timeout', '5s'], env)).code).toBe(0)
  const again = await lotse(['up'], env)
  expect(again.output).toContain(`Nothing to apply: 3 migrations applied; ${waits}`)
  const status = await lotse(['status'], env)
  expect([status.code, status.output]).toEqual([
    0,
    expect.stringMatching(new RegExp(`003_fill_name +waits for finish[^]*\n${waits.replaceAll(/[()]/g, '\\$&')}\\.\n`)),
  ])
  expect((await lotse(['plan'], env)).output).toContain(waits)
  const finish = await lotse(['finish'], env)
  expect(finish.code, finish.output).toBe(0)
  expect(finish.output).toMatch(/Applied 2 migrations in/)
  expect(await query(columns)).toEqual([{ columns: 'id name age' }])
  expect(await query('select count(*)::int as n from users where name is not null')).toEqual([{ n: 5 }])
  expect(await query(applied)).toEqual([{ applied: '001 002 005 003 004!' }])
  const nothing = await lotse(['finish'], env)
  expect([nothing.code, nothing.output]).toEqual([
    0,
    expect.stringContaining('UpToDate: nothing waits for lotse finish'),
  ])
  expect((await lotse(['up'], env)).output).toContain('Nothing to apply: all 5 migrations are applied')
})

test('while something waits, up is told by its one short query that there is nothing for it to do', async () => {
  const { url, query, env } = await secondRelease()
  expect((await lotse(['up'], env)).code).toBe(0)
  const role = `reader_${new URL(url).pathname.slice(-6)}`
  // What the query reads; a look at the whole history would need more.
  await query(`create role ${role} login; grant select (name, checksum, state) on lotse_history to ${role}`)
  try {
    const run = await lotse(['up'], { ...env, DATABASE_URL: Object.assign(new URL(url), { username: role }).href })
    expect(run.code, run.output).toBe(0)
    expect(run.output).toContain('2 wait for lotse finish')
  } finally {
    await query(`drop owned by ${role}; drop role ${role}`)
  }
})

test('a rollback before the contract proceeds, after it is refused, unless the contract is compatible', async () => {
  const { old, env } = await secondRelease()
  expect((await lotse(['up'], env)).code).toBe(0)
  expect((await lotse(['up'], old)).code).toBe(0)
  expect((await lotse(['finish'], old)).code).toBe(0)
  expect((await lotse(['finish'], env)).code).toBe(0)
  const refused = await lotse(['up'], old)
  expect([refused.code, refused.terminationMessage]).toEqual([
    23,
    expect.stringContaining('004_drop_full_name, which a newer version applied, is breaking'),
  ])
  expect((await lotse(['wait', '--timeout', '5s'], old)).code).toBe(23)
  const kind = await secondRelease({
    ...release,
    '004_drop_full_name.sql': `-- lotse: compatible\n${release['004_drop_full_name.sql']}`,
  })
  expect((await lotse(['up'], kind.env)).code).toBe(0)
  expect((await lotse(['finish'], kind.env)).code).toBe(0)
  expect((await lotse(['up'], kind.old)).code).toBe(0)
})

test('an empty database gets everything at once, in the order of names, also when the run is interrupted on the way', async () => {
  const { url, query } = await freshDatabase()
  const folder = migrationsFolder({
    ...release,
    '005_add_age.sql': '-- lotse: requires 004_drop_full_name\nalter table users add column age integre;',
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  const failed = await lotse(['up'], env)
  expect([failed.code, failed.terminationMessage]).toEqual([24, expect.stringContaining('integre')])
  expect(await query(applied)).toEqual([{ applied: '001 002 003 004!' }])
  await query('delete from lotse_history where position > 3')
  await query('alter table users add full_name text')
  writeFileSync(
    `${folder}/005_add_age.sql`,
    '-- lotse: requires 004_drop_full_name\nalter table users add column age int;',
  )
  const up = await lotse(['up'], env)
  expect(up.code, up.output).toBe(0)
  expect(await query(columns)).toEqual([{ columns: 'id name age' }])
  // From now on there is an older version.
  const next = {
    ...env,
    LOTSE_MIGRATIONS: migrationsFolder({
      ...release,
      '005_add_age.sql': '-- lotse: requires 004_drop_full_name\nalter table users add column age int;',
      '006_drop_age.sql': '-- lotse: phase contract\nalter table users drop age;',
    }),
  }
  expect((await lotse(['up'], next)).output).toContain('1 waits for lotse finish: 006_drop_age (contract)')
})

test('a first run that was seen to end by nobody is over once all of it is applied, or an older version is content', async () => {
  const { url, query } = await freshDatabase()
  const comment = `select obj_description('lotse_history'::regclass) as comment`
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(release) }
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await query(comment)).toEqual([{ comment: 'Lotse history, format 1' }])
  const more = {
    ...env,
    LOTSE_MIGRATIONS: migrationsFolder({
      ...release,
      '006_drop_age.sql': '-- lotse: phase contract\nalter table users drop age;',
    }),
  }
  await query(`comment on table lotse_history is 'Lotse history, format 1; first run to 005_add_age'`)
  expect((await lotse(['up'], more)).output).toContain('1 waits for lotse finish')
  await query(`comment on table lotse_history is 'Lotse history, format 1; first run to 009_never_came'`)
  expect((await lotse(['up'], env)).code).toBe(0)
  expect(await query(comment)).toEqual([{ comment: 'Lotse history, format 1' }])
  expect((await lotse(['up'], more)).output).toContain('1 waits for lotse finish')
})

test('an expand migration that needs a deferred one is refused with the way out', async () => {
  const { env } = await secondRelease({
    ...release,
    '006_next.sql': '-- lotse: requires 004_drop_full_name\nselect 1;',
  })
  const run = await lotse(['up'], env)
  expect([run.code, run.terminationMessage]).toEqual([
    23,
    expect.stringContaining(
      '006_next.sql requires 004_drop_full_name, a contract migration, which runs only after a rollout: let lotse finish apply it for the version that is deployed now',
    ),
  ])
})

test('a mistake in what waits is told before the rollout, and a failing contract migration says what to run again', async () => {
  const { query, env } = await secondRelease({
    ...release,
    '004_drop_full_name.sql': '-- lotse: phase contract\ncommit; select 1;',
  })
  const run = await lotse(['up'], env)
  expect([run.code, run.terminationMessage]).toEqual([
    23,
    expect.stringContaining('004_drop_full_name.sql, line 2: remove COMMIT'),
  ])
  const failing = {
    ...env,
    LOTSE_MIGRATIONS: migrationsFolder({
      ...release,
      '004_drop_full_name.sql': '-- lotse: phase contract\nalter table users drop column surname;',
    }),
  }
  expect((await lotse(['up'], failing)).code).toBe(0)
  const finish = await lotse(['finish'], failing)
  expect(finish.code).toBe(24)
  expect(finish.terminationMessage).toContain('004_drop_full_name.sql, line 2')
  expect(finish.terminationMessage).toContain('Next: correct 004_drop_full_name.sql and run lotse finish again')
  expect(await query(applied)).toEqual([{ applied: '001 002 005 003' }])
})

test('a backfill that cannot go batch by batch is refused before anything runs', async () => {
  const fill = { '002_fill.sql': `-- lotse: backfill users(id)\nupdate users set full_name = 'x';` }
  const problem = '002_fill.sql, line 2: name the batch by $1 and $2'
  // Where nothing is to be expanded, finish is the first that looks at it.
  const { env } = await secondRelease({ ...first, ...fill })
  expect((await lotse(['up'], env)).code).toBe(0)
  const finish = await lotse(['finish'], env)
  expect([finish.code, finish.terminationMessage]).toEqual([23, expect.stringContaining(problem)])
  const more = { ...env, LOTSE_MIGRATIONS: migrationsFolder({ ...first, ...fill, '003_more.sql': 'select 1' }) }
  const run = await lotse(['up'], more)
  expect([run.code, run.terminationMessage]).toEqual([23, expect.stringContaining(problem)])
  expect((await lotse(['plan'], more)).output).toContain(problem)
})

describe('what else changes the history knows phases', () => {
  test('down reverts in the order of applying, the contract before a younger expand one', async () => {
    const { query, env } = await secondRelease({
      ...release,
      '003_fill_name.down.sql': 'update users set name = null;',
      '004_drop_full_name.down.sql': 'alter table users add full_name text;',
      '005_add_age.down.sql': 'alter table users drop age;',
    })
    expect((await lotse(['up'], env)).code).toBe(0)
    expect((await lotse(['finish'], env)).code).toBe(0)
    const down = await lotse(['down', '--to', '002_add_name'], env)
    expect(down.code, down.output).toBe(0)
    expect(down.output.match(/Reverted {2}(\d+)/g)).toEqual(['Reverted  004', 'Reverted  003', 'Reverted  005'])
    expect((await lotse(['up'], env)).output).toContain('005_add_age; 2 wait for lotse finish')
    expect((await lotse(['finish'], env)).code).toBe(0)
    expect(await query(columns)).toEqual([{ columns: 'id name age' }])
  })

  test('baseline takes every phase up to its migration for done, repair makes one wait again', async () => {
    const { url } = await freshDatabase()
    const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(release) }
    expect((await lotse(['baseline', '--to', '005_add_age'], env)).code).toBe(0)
    expect((await lotse(['status', '--json'], env)).output).toContain('"state":"upToDate"')
    expect((await lotse(['repair', 'pending', '004_drop_full_name'], env)).code).toBe(0)
    expect((await lotse(['up'], env)).output).toContain('1 waits for lotse finish: 004_drop_full_name (contract)')
    expect((await lotse(['repair', 'applied', '004_drop_full_name'], env)).code).toBe(0)
    expect((await lotse(['finish'], env)).output).toContain('nothing waits for lotse finish')
  })

  test('check judges what waits as well, and expects no old version there', async () => {
    const { env } = await secondRelease()
    expect((await lotse(['up'], env)).code).toBe(0)
    const check = await lotse(['check', '--output', 'json', '--level', 'note'], env)
    expect(check.output).not.toContain('old version')
    const files = await lotse(['check', '--no-database', '--since', '001_users', '--output', 'json'], env)
    // A backfill changes many rows, batch by batch.
    expect(files.output).not.toContain('bulk-change')
    expect(check.code).toBe(0)
  })
})

test('Lotse 0.1.0 leaves a database to phases, copes with what waits, and refuses to run after a contract', async () => {
  const earlier = earlierLotse()
  const { url, query } = await freshDatabase()
  const old = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(first) }
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(release) }
  expect((await earlier(['up'], old)).code).toBe(0)
  expect((await lotse(['up'], env)).output).toContain('2 wait for lotse finish')
  expect(await query(columns)).toEqual([{ columns: 'id full_name name age' }])
  // A rollback to an image of 0.1.0, in the time in which it is possible.
  expect((await earlier(['up'], old)).code).toBe(0)
  expect((await earlier(['wait', '--timeout', '5s'], old)).code).toBe(0)
  expect((await lotse(['finish'], env)).code).toBe(0)
  const refused = await earlier(['up'], old)
  expect([refused.code, refused.output]).toEqual([23, expect.stringContaining('004_drop_full_name')])
  expect((await earlier(['wait', '--timeout', '5s'], old)).code).toBe(23)
  // It does not know the directives, and says so before it touches anything.
  expect((await earlier(['up'], env)).code).toBe(20)
})
