import * as fs from 'node:fs/promises'
import path from 'node:path'
import { Kysely, PostgresDialect } from 'kysely'
import { FileMigrationProvider, Migrator } from 'kysely/migration'
import pg from 'pg'

const [url, migrationFolder] = process.argv.slice(2)
const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) })
const provider = new FileMigrationProvider({ fs, path, migrationFolder })
const migrator = new Migrator({ db, provider, allowUnorderedMigrations: true })
const { error } = await migrator.migrateToLatest()
await db.destroy()
if (error) throw error
