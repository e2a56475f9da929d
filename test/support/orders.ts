import { writeFileSync } from 'node:fs'
import { freshDatabase } from './database.ts'
import { migrationsFolder } from './lotse.ts'

/** A database with orders, and a folder whose second migration has conditions. */
export async function ordersWith(files: Record<string, string>) {
  const { url, query, connect } = await freshDatabase()
  const folder = migrationsFolder({
    '001_orders.sql':
      'create table orders (id int, net int, total int); insert into orders values (1, 5, 6), (2, 7, null);',
    ...files,
  })
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folder }
  const write = (file: string, text: string): void => writeFileSync(`${folder}/${file}`, text)
  const names = async (): Promise<unknown[]> =>
    (await query('select name from lotse_history order by position')).map(({ name }) => name)
  return { env, folder, query, connect, write, names }
}
