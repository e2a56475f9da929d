import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

/** Every way in which a migration runs. Each shows the two limits as the migration itself meets them. */
const show = `insert into seen select current_setting('lock_timeout'), current_setting('statement_timeout')`
const ways: readonly [string, string, (head: string) => string][] = [
  ['a file in one message', '001_a.sql', (head) => `${head}${show};`],
  ['a file whose text is not closed', '001_a.sql', (head) => `${head}${show}; do $$ begin end $$;`],
  ['a script', '001_a.ts', (head) => `${head}export const up = ({ context }) => context.query(\`${show}\`)`],
  ['a statement of a file without a transaction', '001_a.sql', (head) => `${head}-- lotse: no-transaction\n${show};`],
  [
    'a statement that runs outside of any transaction',
    '001_a.sql',
    (head) => `${head}-- lotse: no-transaction\ncall show();`,
  ],
  [
    'a script without a transaction',
    '001_a.ts',
    (head) => `${head}// lotse: no-transaction\nexport const up = ({ context }) => context.query(\`${show}\`)`,
  ],
]

const limits = [
  ['neither', {}, [], ['2s', '0']],
  ['by the configuration', { LOTSE_LOCK_TIMEOUT: '3s', LOTSE_STATEMENT_TIMEOUT: '40s' }, [], ['3s', '40s']],
  [
    'by directives, before the configuration',
    { LOTSE_LOCK_TIMEOUT: '3s', LOTSE_STATEMENT_TIMEOUT: '40s' },
    ['lock-timeout 5s', 'statement-timeout 1h'],
    ['5s', '1h'],
  ],
] as const

const table = limits.flatMap((limit) => ways.map((way) => [limit[0], way[0], limit, way] as const))

test.each(table)('limits set %s hold for %s', async (_limit, _way, [, env, directives, expected], [, file, textOf]) => {
  const { url, query } = await freshDatabase()
  await query('create table seen (lock text, statement text)')
  await query(`create procedure show() language plpgsql as $$ begin ${show}; end $$`)
  const remark = file.endsWith('.ts') ? '//' : '--'
  const head = directives.map((directive) => `${remark} lotse: ${directive}\n`).join('')
  const run = await lotse(['up'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ [file]: textOf(head) }),
    ...env,
  })
  expect(run).toMatchObject({ code: 0 })
  expect(await query('select * from seen')).toEqual([{ lock: expected[0], statement: expected[1] }])
})

test('a statement outside of any transaction ends at the statement timeout of the configuration', async () => {
  const { url, query } = await freshDatabase()
  await query(`create procedure sleep() language plpgsql as $$ begin perform pg_sleep(30); end $$`)
  const run = await lotse(['up'], {
    DATABASE_URL: url,
    LOTSE_MIGRATIONS: migrationsFolder({ '001_a.sql': '-- lotse: no-transaction\ncall sleep();' }),
    LOTSE_STATEMENT_TIMEOUT: '500ms',
  })
  expect(run.code).toBe(24)
  expect(run.terminationMessage).toContain('canceling statement due to statement timeout (SQLSTATE 57014)')
})
