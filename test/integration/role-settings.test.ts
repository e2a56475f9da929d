import { expect, inject, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

/** Settings that people give roles for the sake of their applications, and dumps leave behind. */
const settings: readonly (readonly [name: string, value: string, since: number])[] = [
  ['statement_timeout', `'1s'`, 14],
  ['lock_timeout', `'1ms'`, 14],
  ['idle_in_transaction_session_timeout', `'1s'`, 14],
  ['idle_session_timeout', `'1s'`, 14],
  ['transaction_timeout', `'1s'`, 17],
  ['default_transaction_isolation', `'serializable'`, 14],
  ['default_transaction_deferrable', 'on', 14],
  ['search_path', `''`, 14],
  ['row_security', 'off', 14],
  ['standard_conforming_strings', 'off', 14],
  ['client_encoding', `'latin1'`, 14],
  ['DateStyle', `'SQL, DMY'`, 14],
]

const files = {
  '001_größe.sql': `create table public.a (id int primary key, n text); insert into public.a values (1, 'größe')`,
  '002_slow.sql': 'select pg_sleep(1.2); alter table public.a add column m int',
  '003_index.sql': '-- lotse: no-transaction\ncreate index concurrently a_n on public.a (n);',
  '004_script.ts': `export async function up({ context }) {
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    await context.query('update public.a set m = 1')
  }`,
}

type Setting = (typeof settings)[number]
const major = inject('postgresMajor')
const here = settings.filter(([, , since]) => Number(major) >= since)
/** All at once on every major; one by one, to name the one at fault, on the newest. */
const roles: readonly (readonly [title: string, settings: readonly Setting[]])[] = [
  ['all of it', here],
  ...(major === '18' ? here.map((each) => [`${each[0]} = ${each[1]}`, [each]] as const) : []),
]

test.each(roles)('a role with %s migrates, and its gate opens', async (_, given) => {
  const { url, query } = await freshDatabase()
  const role = `settings_${Math.random().toString(36).slice(2, 10)}`
  await query(`create role ${role} login superuser`)
  try {
    for (const [name, value] of given) await query(`alter role ${role} set ${name} = ${value}`)
    const as = new URL(url)
    as.username = role
    const env = { DATABASE_URL: as.href, LOTSE_MIGRATIONS: migrationsFolder(files) }
    for (const verb of ['up', 'wait', 'status']) {
      const { code, output } = await lotse([verb], env)
      expect(code, `${verb}: ${output}`).toBe(0)
    }
    expect(await query('select n, m from public.a')).toEqual([{ n: 'größe', m: 1 }])
    expect(await query('select name from public.lotse_history order by name')).toEqual(
      Object.keys(files).map((file) => ({ name: file.replace(/\.\w+$/, '') })),
    )
  } finally {
    await query(`drop owned by ${role} cascade; drop role ${role}`)
  }
})

test('a role whose transactions are read-only is told which setting to lift', async () => {
  const { url, query } = await freshDatabase()
  const name = new URL(url).pathname.slice(1)
  await query(`alter database ${name} set default_transaction_read_only = on`)
  const { code, output } = await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: migrationsFolder(files) })
  expect(code, output).toBe(21)
  expect(output).toContain('takes no writes: its transactions are read-only (default_transaction_read_only)')
  expect(output).toContain('Next: lift default_transaction_read_only for this user or database')
})
