import { runner } from 'node-pg-migrate'

const [url, dir] = process.argv.slice(2)
await runner({
  databaseUrl: url,
  dir,
  direction: 'up',
  migrationsTable: 'pgmigrations',
  checkOrder: false,
  log: () => {},
})
