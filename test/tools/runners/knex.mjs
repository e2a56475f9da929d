import knex from 'knex'

const [url, folder] = process.argv.slice(2)
const database = knex({ client: 'pg', connection: url, migrations: { directory: folder } })
await database.migrate.latest()
await database.destroy()
