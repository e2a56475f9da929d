import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'

const [url, folder] = process.argv.slice(2)
const client = new pg.Client(url)
await client.connect()
await migrate(drizzle(client), { migrationsFolder: folder })
await client.end()
