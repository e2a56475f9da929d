import type { Migration } from '../migrator.ts'

export const up: Migration = async ({ context }) => {
  await context.query(
    'update accounts a set email = null where exists (select from accounts b where b.email = a.email and b.id < a.id)',
  )
  await context.query('alter table accounts add constraint accounts_email unique (email)')
}

export const down: Migration = async ({ context }) => {
  await context.query('alter table accounts drop constraint accounts_email')
}
