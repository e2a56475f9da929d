import type { Migration } from '../migrator.ts'

export const up: Migration = async ({ context }) => {
  // Long enough to look at what happens meanwhile, and before anything is locked: the old backends serve.
  await context.query('select pg_sleep(5)')
  await context.query('alter table accounts add column email text')
  await context.query(`update accounts set email = 'account' || id % 99 || '@example.com'`)
}

export const down: Migration = async ({ context }) => {
  await context.query('alter table accounts drop column email')
}
