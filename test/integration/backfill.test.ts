import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { must, until } from '../support/command.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse, migrationsFolder, start } from '../support/lotse.ts'
import { startPostgres } from '../support/postgres-server.ts'

/** Each row counts how often it was changed. */
const table = (key: string, rows: string): string =>
  `create table t (${key}, a int not null default 0, n int not null default 0); insert into t (id) ${rows}; analyze t;`
const fill = `-- lotse: backfill t(id)
update t set a = 1, n = n + 1 where id between $1 and $2;`

/** A database with a table, an applied first release, and what the next one brings. */
async function prepared(files: Record<string, string>, sql: string, server?: string) {
  const database = await freshDatabase(server)
  await database.query(sql)
  const env = { DATABASE_URL: database.url }
  const first = { '001_first.sql': 'select 1' }
  expect((await lotse(['up'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(first) })).code).toBe(0)
  return { ...database, env: { ...env, LOTSE_MIGRATIONS: migrationsFolder({ ...first, ...files }) } }
}

const counted = async ({ query }: Pick<TestDatabase, 'query'>): Promise<unknown> =>
  (await query('select count(*)::int as rows, coalesce(min(n), 1) as least, coalesce(max(n), 1) as most from t'))[0]
const names = 'select name from lotse_history order by position'

test('keys of every ordered type, with gaps, in one row and in none: every row is changed once', async () => {
  const keys = [
    ['big', 'bigint', 'select n from generate_series(1, 3000) n', 3_000],
    ['gaps', 'bigint', 'select n * 7654321::bigint from generate_series(-1500, 1500) n', 3_001],
    ['uuids', 'uuid', `select md5(n::text)::uuid from generate_series(1, 3000) n`, 3_000],
    ['texts', 'text collate "C"', `select chr(60 + n % 60) || $$'ä$$ || n from generate_series(1, 3000) n`, 3_000],
    ['words', 'text', 'select md5(n::text) from generate_series(1, 3000) n', 3_000],
    [
      'times',
      'timestamptz',
      `select timestamptz '2000-01-01' + n * interval '1.000001 s' from generate_series(1, 3000) n`,
      3_000,
    ],
    ['dates', 'date', `select date '0001-06-01' - n from generate_series(1, 300) n`, 300],
    ['numbers', 'numeric', 'select n / 7.0 from generate_series(1, 300) n', 300],
    ['floats', 'float8', 'select n / 7.0::float8 from generate_series(1, 300) n', 300],
    ['"Quoted Name"', 'int', 'select n from generate_series(1, 300) n', 300],
    ['single', 'int', 'select 1', 1],
    ['nothing', 'int', 'select 1 where false', 0],
  ] as const
  const files = keys.map(([name], index) => [
    `${100 + index}_fill.sql`,
    `-- lotse: backfill ${name}("Id")\nupdate ${name} set n = n + 1 where "Id" between $1 and $2;`,
  ])
  const tables = keys.map(
    ([name, type, rows]) =>
      `create table ${name} ("Id" ${type} primary key, n int not null default 0); insert into ${name} ("Id") ${rows};`,
  )
  const { env, query } = await prepared(Object.fromEntries(files), tables.join('\n'))
  const run = await lotse(['finish'], {
    ...env,
    PGOPTIONS: '-c TimeZone=Asia/Kathmandu -c DateStyle=SQL,DMY -c extra_float_digits=0',
  })
  expect(run.code, run.output).toBe(0)
  for (const [index, [name, , , amount]] of keys.entries()) {
    const counts = await query(
      `select count(*)::int as rows, coalesce(min(n), 1) as least, coalesce(max(n), 1) as most from ${name}`,
    )
    expect(counts, name).toEqual([{ rows: amount, least: 1, most: 1 }])
    const told = amount.toLocaleString('en')
    if (amount > 0)
      expect(run.output).toContain(`Backfill ${100 + index}_fill is through: ${told} rows seen, ${told} changed`)
  }
  expect(await query(names)).toHaveLength(1 + keys.length)
  expect(await query('select from lotse_history_backfills')).toHaveLength(0)
})

test('a key that batches cannot go by is refused with the reason', async () => {
  const { env, query } = await prepared(
    {},
    'create table t (id int primary key, a int, part int, maybe int unique, unique (part, id)); insert into t values (1)',
  )
  for (const [head, reason] of [
    ['u(id)', 'cannot go through u by id: there is no such table'],
    ['t(nix)', 'it has no such column'],
    ['t(a)', 'the column has no unique index of its own'],
    ['t(part)', 'the column is unique only together with others'],
    ['t(maybe)', 'it is null in some rows'],
  ]) {
    const files = {
      '001_first.sql': 'select 1',
      '002_fill.sql': `-- lotse: backfill ${head}\nupdate t set a = 1 where a between $1 and $2;`,
    }
    const run = await lotse(['finish'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(files) })
    expect([run.code, run.terminationMessage]).toEqual([23, expect.stringContaining(reason ?? '')])
  }
  expect(await query(names)).toHaveLength(1)
})

test('rows that come, go and change meanwhile: what was there is changed once, what comes later is left to the trigger', async () => {
  const database = await prepared(
    { '002_fill.sql': `${fill.replace('update t', 'update t /* x */')}` },
    table('id bigint primary key', 'select n * 10 from generate_series(1, 60000) n'),
  )
  const run = start(['finish'], database.env)
  await run.says(/Backfill 002_fill begins/)
  const client = await database.connect()
  let over = false
  run.ended.then(() => {
    over = true
  })
  for (let n = 1; !over; n++) {
    await client.query('delete from t where id = $1', [n * 10])
    await client.query('insert into t (id) values ($1) on conflict do nothing', [900_000 + n])
    await client.query('update t set a = a + 2 where id = $1', [600_000 - n * 10])
  }
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await database.query('select n, count(*) > 0 as some from t where id <= 600000 group by n')).toEqual([
    { n: 1, some: true },
  ])
  expect(await database.query('select max(n) as n from t where id > 600000')).toEqual([{ n: 0 }])
})

test('a row that fails is found by halving and named; corrected, the backfill goes on after what is done', async () => {
  const sql = `${table('id int primary key', 'select n from generate_series(1, 3000) n')} alter table t add check (not (id = 1777 and a = 1));`
  const database = await prepared({ '002_fill.sql': fill, '003_drop.sql': '-- lotse: phase contract\nselect 1' }, sql)
  const run = await lotse(['finish'], database.env)
  expect(run.code, run.output).toBe(24)
  expect(run.terminationMessage).toContain('violates check constraint')
  expect(run.terminationMessage).toContain('The row is that of t, id = 1777.')
  expect(run.terminationMessage).toContain(
    'Batches of 1776 keys before it are done and kept; the next lotse finish goes on after 1776',
  )
  expect(run.output.match(/trying half of it/g)?.length).toBeLessThan(30)
  expect(await database.query('select count(*)::int as rows, max(id) as last from t where n = 1')).toEqual([
    { rows: 1776, last: 1776 },
  ])
  const status = await lotse(['status'], database.env)
  expect(status.output).toMatch(
    /002_fill +waits for finish +backfill, 1,776 rows done \(59 %\), failed: t, id = 1777: new row/,
  )
  const env = {
    ...database.env,
    LOTSE_MIGRATIONS: migrationsFolder({
      '001_first.sql': 'select 1',
      '002_fill.sql': fill.replace(';', ' and id <> 1777;'),
      '003_drop.sql': '-- lotse: phase contract\nselect 1',
    }),
  }
  expect((await lotse(['finish'], env)).code).toBe(0)
  expect(await counted(database)).toEqual({ rows: 3000, least: 0, most: 1 })
  expect(await database.query('select count(*)::int as rows from t where n = 0')).toEqual([{ rows: 1 }])
  expect(await database.query(names)).toHaveLength(3)
})

test('pause, resume and cancel steer it from elsewhere; a release is not held up meanwhile', async () => {
  const database = await prepared(
    {
      '002_fill.sql': fill.replace('backfill t(id)', 'backfill t(id)\n-- lotse: pause-when (select held from switch)'),
      '003_drop.sql': '-- lotse: phase contract\nselect 1',
    },
    `${table('id int primary key', 'select n from generate_series(1, 2000) n')} create table switch (held boolean); insert into switch values (true);`,
  )
  const { env, query } = database
  const unknown = await lotse(['backfill', 'pause', '002_fill'], env)
  expect([unknown.code, unknown.output]).toEqual([23, expect.stringContaining('no backfill 002_fill is under way')])
  const run = start(['finish'], env)
  await run.says(/002_fill holding: pause-when: \(select held from switch\)/)
  expect((await lotse(['status'], env)).output).toMatch(
    /002_fill +waits for finish +backfill, 0 rows done.*, holding: pause-when/,
  )
  // Neither lock nor plan keeps a release from rolling out.
  const more = {
    ...env,
    LOTSE_MIGRATIONS: migrationsFolder({
      '001_first.sql': 'select 1',
      '002_fill.sql': fill.replace('backfill t(id)', 'backfill t(id)\n-- lotse: pause-when (select held from switch)'),
      '003_drop.sql': '-- lotse: phase contract\nselect 1',
      '004_more.sql': 'create table more ()',
    }),
  }
  expect((await lotse(['up', '--lock-wait', '2s'], more)).code).toBe(0)
  expect((await lotse(['down', '--to', '001_first'], more)).terminationMessage).toContain(
    '004_more has no 004_more.down.sql',
  )
  expect((await lotse(['backfill', 'pause', '002_fill.sql'], env)).output).toContain(
    '002_fill: paused; lotse backfill resume lets it go on',
  )
  await run.says(/holding: paused by lotse backfill pause 002_fill/)
  await query('update switch set held = false')
  expect(await counted(database)).toEqual({ rows: 2000, least: 0, most: 0 })
  expect((await lotse(['backfill', 'cancel', '002_fill'], env)).code).toBe(0)
  const { code, terminationMessage } = await run.ended
  expect([code, terminationMessage]).toEqual([23, expect.stringContaining('the backfill 002_fill was cancelled')])
  expect((await lotse(['finish'], env)).terminationMessage).toContain('lotse backfill resume 002_fill and lotse finish')
  expect((await lotse(['backfill', 'resume', '002_fill'], env)).code).toBe(0)
  expect((await lotse(['finish'], env)).code).toBe(0)
  expect(await counted(database)).toEqual({ rows: 2000, least: 1, most: 1 })
  expect(await query(names)).toHaveLength(4)
})

const switchable = `${fill.replace('backfill t(id)', 'backfill t(id)\n-- lotse: pause-when (select held from switch)')}`
const switchTable = 'create table switch (held boolean); insert into switch values (true);'

test('it gives way to whoever waits for the table, also before it begins', async () => {
  const database = await prepared(
    { '002_fill.sql': switchable },
    `${table('id int primary key', 'select n from generate_series(1, 3000) n')} ${switchTable}`,
  )
  const { env, query } = database
  const [reader, changer] = [await database.connect(), await database.connect()]
  const waits = async (): Promise<boolean> =>
    (await query(`select from pg_locks where not granted and mode = 'AccessExclusiveLock'`)).length > 0
  await reader.query('begin; select from t limit 1')
  const first = changer.query('alter table t add b int')
  await until('somebody waits', waits)
  const run = start(['finish', '--lock-timeout', '200ms'], env)
  await run.says(/002_fill: canceling statement due to lock timeout \(SQLSTATE 55P03\). Rolled back; retrying/)
  await reader.query('rollback')
  await first
  await run.says(/002_fill holding: pause-when/)
  await reader.query('begin; select from t limit 1')
  const second = changer.query('alter table t add c int')
  await until('somebody waits', waits)
  await query('update switch set held = false')
  await run.says(/002_fill holding: a session waits for AccessExclusiveLock of the table/)
  await reader.query('rollback')
  await second
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await counted(database)).toEqual({ rows: 3000, least: 1, most: 1 })
})

test('it gives way to a vacuum of the table, and to another backfill of it', async () => {
  const database = await prepared(
    { '002_fill.sql': fill },
    table('id int primary key', 'select n from generate_series(1, 3000) n'),
  )
  const vacuumer = await database.connect()
  await vacuumer.query('set vacuum_cost_delay = 100; set vacuum_cost_limit = 1')
  const vacuum = vacuumer.query('vacuum (freeze, disable_page_skipping) t').catch(() => {})
  await until('it is vacuumed', async () => (await database.query('select from pg_stat_progress_vacuum')).length > 0)
  const run = start(['finish'], database.env)
  await run.says(/002_fill holding: the table is vacuumed \(pid \d+, /)
  const rival = start(['finish'], database.env)
  await rival.says(/002_fill holding: another backfill goes through the table \(pid \d+, lotse/)
  await database.query(`select pg_cancel_backend(pid) from pg_stat_progress_vacuum`)
  await vacuum
  const both = await Promise.all([run.ended, rival.ended])
  // Whoever comes second finds it done.
  expect(
    both.map(({ code }) => code),
    both.map(({ output }) => output).join('\n'),
  ).toEqual([0, 0])
  expect(await counted(database)).toEqual({ rows: 3000, least: 1, most: 1 })
})

test('it waits for a replica that falls behind, and lets it catch up', async () => {
  const primary = await startPostgres(inject('postgresMajor'))
  onTestFinished(primary.stop)
  const standby = await primary.standby()
  const database = await prepared(
    { '002_fill.sql': switchable.replace('backfill t(id)', 'backfill t(id)\n-- lotse: max-lag 1s') },
    `${table('id int primary key', 'select n from generate_series(1, 3000) n')} ${switchTable}`,
    primary.url,
  )
  const run = start(['finish'], database.env)
  await run.says(/002_fill holding: pause-when/)
  const replica = new pg.Client(standby.url)
  await replica.connect()
  replica.on('error', () => {})
  await replica.query('select pg_wal_replay_pause()')
  await database.query('create table wal as select n from generate_series(1, 1000) n')
  await run.says(/002_fill holding: replica \S+ is [2-9]\d* s behind; pause-when/)
  await database.query('update switch set held = false')
  await run.says(/002_fill holding: replica \S+ is \d+ s behind(?!;)/)
  expect(await counted(database)).toEqual({ rows: 3000, least: 0, most: 0 })
  await replica.query('select pg_wal_replay_resume()')
  await replica.end()
  const { code, output } = await run.ended
  expect(code, output).toBe(0)
  expect(await counted(database)).toEqual({ rows: 3000, least: 1, most: 1 })
})

test('a row that somebody holds is waited for without holding others up, by a role with few rights, too', async () => {
  const database = await prepared(
    { '002_fill.sql': fill },
    table('id int primary key', 'select n from generate_series(1, 2000) n'),
  )
  const { query, connect, url } = database
  const role = `filler_${new URL(url).pathname.slice(-6)}`
  await query(
    `create role ${role} login; grant all on schema public to ${role}; grant all on t, lotse_history to ${role};`,
  )
  const holder = await connect()
  try {
    await holder.query('begin; update t set a = 7 where id = 1500')
    const run = start(['finish'], {
      ...database.env,
      DATABASE_URL: Object.assign(new URL(url), { username: role }).href,
    })
    await run.says(/holding: other sessions hold locks that the next batch needs/)
    // The rows before that one are not locked for longer than a moment.
    await query(`set lock_timeout = '1s'; update t set a = a where id = 1499`)
    await holder.query('rollback')
    const { code, output } = await run.ended
    expect(code, output).toBe(0)
    // Nothing is archived here, so that there is nothing to see.
    expect(output).not.toContain('cannot see')
    expect(await counted(database)).toEqual({ rows: 2000, least: 1, most: 1 })
  } finally {
    await query(`drop owned by ${role}; drop role ${role}`)
  }
})

test('an INSERT … SELECT and a DELETE go by batches, too; what is to be true after it is asked at its end', async () => {
  const database = await prepared(
    {
      '002_copy.sql': '-- lotse: backfill t(id)\ninsert into u select id from t where id between $1 and $2;',
      '002_copy.verify.sql': 'select count(*) = 500 as everything_is_copied from u;',
      '003_purge.sql': '-- lotse: backfill t(id)\ndelete from t where id between $1 and $2 and id % 2 = 0;',
    },
    `${table('id int primary key', 'select n from generate_series(1, 1000) n')} create table u (id int primary key);`,
  )
  const refused = await lotse(['finish'], database.env)
  expect([refused.code, refused.terminationMessage]).toEqual([24, expect.stringContaining('everything_is_copied')])
  expect(await database.query('select count(*)::int as n from u')).toEqual([{ n: 1000 }])
  await database.query('delete from u where id > 500')
  const run = await lotse(['finish'], database.env)
  expect(run.code, run.output).toBe(0)
  expect(await database.query('select count(*)::int as n from t')).toEqual([{ n: 500 }])
})

test('down waits for a backfill that is half done, repair takes it for done', async () => {
  const { env, query } = await prepared(
    {
      '002_fill.sql': fill.replace('t(id)', 't(id)\n-- lotse: pause-when true'),
      '002_fill.down.sql': 'update t set a = 0',
    },
    table('id int primary key', 'select 1'),
  )
  await query(
    `update lotse_history set down_sql = 'select 1', down_checksum = 'sha256:822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f'`,
  )
  const run = start(['finish'], env)
  await run.says(/holding: pause-when: true/)
  run.kill('SIGTERM')
  expect((await run.ended).code).toBe(143)
  const down = await lotse(['down', '--all'], env)
  expect([down.code, down.terminationMessage]).toEqual([
    23,
    expect.stringContaining('the backfill 002_fill has begun and is not done'),
  ])
  expect((await lotse(['repair', 'applied', '002_fill'], env)).code).toBe(0)
  expect(await query('select from lotse_history_backfills')).toHaveLength(0)
  expect((await lotse(['finish'], env)).output).toContain('nothing waits for lotse finish')
})

test('a folder of data migrations, with a history of its own, goes through a table in use batch by batch from its first run on', async () => {
  const database = await prepared(
    {},
    `${table('id int primary key', 'select n from generate_series(1, 3000) n')} create table batches (rows int);
     create function note() returns trigger language plpgsql as 'begin insert into batches select count(*) from changed; return null; end';
     create trigger note after update on t referencing new table as changed for each statement execute function note();`,
  )
  const files = {
    '001_fill.sql': fill,
    '002_index.sql': '-- lotse: no-transaction\ncreate index concurrently t_a on t (a);',
    '003_zero.sql': '-- lotse: phase contract\nalter table t alter a set default 1;',
  }
  const own = { ...database.env, LOTSE_HISTORY_TABLE: 'lotse_data' }
  const env = { ...own, LOTSE_MIGRATIONS: migrationsFolder(files), LOTSE_ALLOW: 'other-history' }
  const run = await lotse(['up', '--every-phase'], env)
  expect(run.code, run.output).toBe(0)
  const batches = await database.query('select max(rows)::int as most, sum(rows)::int as rows from batches')
  expect(batches).toEqual([{ most: expect.any(Number), rows: 3000 }])
  expect(batches[0]?.most).toBeLessThan(3000)
  const applied = 'select name from lotse_data order by position'
  expect((await database.query(applied)).map(({ name }) => name)).toEqual(['001_fill', '002_index', '003_zero'])
  expect((await lotse(['up', '--every-phase'], env)).output).toContain('Nothing to apply: all 3 migrations are applied')
  // What comes later is a backfill as before.
  const more = { ...files, '004_again.sql': fill }
  const next = await lotse(['up', '--every-phase'], { ...env, LOTSE_MIGRATIONS: migrationsFolder(more) })
  expect(next.code, next.output).toBe(0)
  expect(await counted(database)).toEqual({ rows: 3000, least: 2, most: 2 })
})

test('on a terminal, rate, share and time left are drawn in place, once a second', async () => {
  const database = await prepared(
    { '002_fill.sql': fill.replace('a = 1', 'a = length(pg_sleep(0.001)::text)') },
    table('id int primary key', 'select n from generate_series(1, 2500) n'),
  )
  // The program of that name gives what it runs a terminal: that of util-linux, and that of a Mac.
  const command = [process.execPath, 'dist/lotse.js', 'finish']
  const args =
    process.platform === 'darwin' ? ['-q', '/dev/null', ...command] : ['-qec', command.join(' '), '/dev/null']
  const written = await must('script', args, { env: database.env })
  const output = written.replaceAll('\r\u001b[2K', '<over>').replaceAll('\u001b[?7h', '<uncut>')
  const drawn = output.split('<over>').filter((line) => line.includes('rows/s'))
  expect(drawn.length).toBeGreaterThan(1)
  for (const line of drawn)
    expect(line).toMatch(/002_fill: [\d,]+ rows \(\d+ %\), [\d,]+ rows\/s, about \S+ m?s left<uncut>$/)
  expect(output).toMatch(/<over>\S+ Backfill 002_fill is through: 2,500 rows seen/)
})

test('backfills of two tables go on beside each other, each with a history of its own', async () => {
  const held = fill.replace('backfill t(id)', 'backfill t(id)\n-- lotse: pause-when (select held from switch)')
  const database = await prepared(
    { '002_fill.sql': held },
    `${table('id int primary key', 'select n from generate_series(1, 500) n')} create table u (like t); alter table u add primary key (id);
     insert into u select * from t; ${switchTable}`,
  )
  const files = { '001_first.sql': 'select 1' }
  const other = { ...database.env, LOTSE_HISTORY_TABLE: 'other_history' }
  expect((await lotse(['up'], { ...other, LOTSE_MIGRATIONS: migrationsFolder(files) })).code).toBe(0)
  const first = start(['finish'], database.env)
  await first.says(/002_fill holding: pause-when/)
  const folder = migrationsFolder({
    ...files,
    '002_fill.sql': fill.replace('t(id)', 'u(id)').replace('update t', 'update u'),
  })
  const second = await lotse(['finish'], { ...other, LOTSE_MIGRATIONS: folder })
  expect(second.code, second.output).toBe(0)
  expect(await database.query('select min(n) as least, max(n) as most from u')).toEqual([{ least: 1, most: 1 }])
  expect(await counted(database)).toEqual({ rows: 500, least: 0, most: 0 })
  await database.query('update switch set held = false')
  expect((await first.ended).code).toBe(0)
  expect(await counted(database)).toEqual({ rows: 500, least: 1, most: 1 })
})
