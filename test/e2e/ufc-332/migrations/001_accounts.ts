import type { Migration } from '../migrator.ts'

export const up: Migration = async ({ context }) => {
  await context.query('create table accounts (id integer generated always as identity primary key, name text not null)')
  await context.query('insert into accounts (name) select $1 || n from generate_series(1, 100) n', ['account '])
}

export const down: Migration = async ({ context }) => {
  await context.query('drop table accounts')
}
