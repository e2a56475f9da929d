import { createRequire } from 'node:module'
import type { Session } from '../database/session.ts'
import { Failure } from '../failure.ts'

type Query = Session['query']

/** What Lotse needs of the kysely that stands beside the migration. */
type Package = {
  readonly Kysely: new (config: { readonly dialect: object }) => object
  readonly PostgresAdapter: new () => object
  readonly PostgresIntrospector: new (db: object) => object
  readonly PostgresQueryCompiler: new () => object
}

type CompiledQuery = { readonly sql: string; readonly parameters: readonly unknown[] }

/**
 * Runs a function that is written for Kysely with a `db` of the package that its file imports: that builds the SQL, and a driver hands
 * it to Lotse's session, which has opened the transaction (Kysely docs, "Dialect").
 */
export async function runForKysely(run: (db: unknown) => unknown, query: Query, path: string): Promise<void> {
  const { Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } = loadKysely(path)
  const connection = {
    executeQuery: async ({ sql, parameters }: CompiledQuery) => {
      const { rows, rowCount } = await query(sql, [...parameters])
      return { rows, numAffectedRows: BigInt(rowCount ?? 0) }
    },
    streamQuery: () => refuse('stream()'),
  }
  const driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: async () => refuse('transaction()'),
    commitTransaction: async () => {},
    rollbackTransaction: async () => {},
    releaseConnection: async () => {},
    destroy: async () => {},
  }
  const dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db: object) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
  await run(new Kysely({ dialect }))
}

function refuse(what: string): never {
  throw new Error(`db.${what} is beyond what Lotse carries out: it runs the migration in one transaction of its own`)
}

function loadKysely(path: string): Package {
  try {
    return createRequire(path)('kysely') as Package
  } catch (error) {
    throw new Failure('MigrationFailed', {
      summary: `${path} is a migration of Kysely, and the package kysely cannot be loaded beside it`,
      state: ['Nothing of it was run.'],
      remedy:
        'install kysely beside the migrations (in the image: COPY node_modules/kysely /migrations/node_modules/kysely)',
      cause: error,
    })
  }
}
