// Umzug with SQL files and the plain storage its README leaves to the reader.
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { Umzug } from 'umzug'

const [url, folder] = process.argv.slice(2)
const client = new pg.Client(url)
await client.connect()
await client.query('create table if not exists history (name text primary key)')
const umzug = new Umzug({
  migrations: {
    glob: `${folder}/*.sql`,
    resolve: ({ name, path }) => ({ name, up: () => client.query(readFileSync(path, 'utf8')) }),
  },
  context: client,
  storage: {
    executed: async () => (await client.query('select name from history order by name')).rows.map((row) => row.name),
    logMigration: async ({ name }) => void (await client.query('insert into history values ($1)', [name])),
    unlogMigration: async ({ name }) => void (await client.query('delete from history where name = $1', [name])),
  },
  logger: undefined,
})
await umzug.up()
await client.end()
