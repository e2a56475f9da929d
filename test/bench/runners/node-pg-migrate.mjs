import { runner } from 'node-pg-migrate'

const [url, folder] = process.argv.slice(2)
await runner({ databaseUrl: url, dir: folder, direction: 'up', migrationsTable: 'history', log: () => {} })
