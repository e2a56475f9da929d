import type { Adoptable } from '../config/adopt-from.ts'
import { dbmate } from './dbmate.ts'
import { diesel } from './diesel.ts'
import { drizzle } from './drizzle.ts'
import { flyway } from './flyway.ts'
import { golangMigrate } from './golang-migrate.ts'
import { goose } from './goose.ts'
import { knex } from './knex.ts'
import { kysely } from './kysely.ts'
import { nodePgMigrate } from './node-pg-migrate.ts'
import { postgrator } from './postgrator.ts'
import { prisma } from './prisma.ts'
import { sqlx } from './sqlx.ts'
import type { Tool } from './tool.ts'
import { umzug } from './umzug.ts'

/** The tools whose rows Lotse takes over, by what `lotse adopt --from` calls them. */
export const tools: Readonly<Record<Adoptable, Tool>> = {
  'golang-migrate': golangMigrate,
  sqlx,
  diesel,
  prisma,
  drizzle,
  goose,
  dbmate,
  'node-pg-migrate': nodePgMigrate,
  knex,
  kysely,
  postgrator,
  umzug,
  flyway,
}
