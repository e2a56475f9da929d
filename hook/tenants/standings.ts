import type { Config } from '../config/config.ts'
import { ofTenant, type Tenants } from '../config/tenants.ts'
import { type FailedTenant, readFailed } from '../database/failed-tenants.ts'
import { type History, readHistory } from '../database/history.ts'
import { historyTable } from '../database/lock.ts'
import { type Session, withSession } from '../database/session.ts'
import type { Emit } from '../event.ts'
import { Failure } from '../failure.ts'
import type { Contents } from '../folder/read.ts'
import { listTenants } from './list.ts'
import { survey } from './survey.ts'

/** Tenants that have one and the same history, or one whose history cannot be read. */
export type Standing = { readonly tenants: readonly string[]; readonly history: History | Failure }

export type Standings = {
  readonly all: readonly string[]
  readonly standings: readonly Standing[]
  /** What is recorded of tenants that failed. */
  readonly failed: readonly FailedTenant[]
}

/** What looking at tenants needs; `connect` is the milliseconds that a connection may take. */
export type Looking = {
  readonly config: Config
  readonly tenants: Tenants
  readonly signal: AbortSignal
  readonly contents: Promise<Contents>
  readonly emit: Emit
  readonly connect: number
}

/** Where all tenants stand. Changes nothing and takes no lock. Schemas are looked at over one connection, databases over one for each. */
export async function standingsOf(looking: Looking): Promise<Standings> {
  const { config, tenants, signal, emit, connect } = looking
  const found = await withSession(
    config,
    signal,
    emit,
    async (session) => {
      const all = await listTenants(session, tenants)
      const standings = tenants.kind === 'schema' ? await ofSchemas(session, looking, all) : []
      return { all, standings, failed: await readFailed(session, config.history) }
    },
    connect,
  )
  return tenants.kind === 'schema' ? found : { ...found, standings: await ofDatabases(looking, found.all) }
}

async function ofSchemas(session: Session, { config, contents }: Looking, all: readonly string[]): Promise<Standing[]> {
  const { table } = config.history
  const { upToDate, groups, apart } = await survey(session, config, all, contents)
  const read = (schema: string): Promise<History | Failure> =>
    readHistory(session, historyTable({ schema, table })).catch(asFailure)
  const standings: Standing[] = [...groups]
  const [first] = upToDate
  if (first !== undefined) standings.unshift({ tenants: upToDate, history: await read(first) })
  for (const schema of apart) standings.push({ tenants: [schema], history: await read(schema) })
  return standings
}

async function ofDatabases(looking: Looking, all: readonly string[]): Promise<Standing[]> {
  const { config, tenants, signal, connect } = looking
  const together = new Map<string, { tenants: string[]; history: History | Failure }>()
  const left = [...all]
  const worker = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const one = ofTenant(config, { kind: 'database', name })
      const read = (session: Session): Promise<History> => readHistory(session, historyTable(one.history))
      const history = await withSession(one, signal, () => {}, read, connect).catch(asFailure)
      const key = history instanceof Failure ? `failure ${name}` : JSON.stringify(history)
      const same = together.get(key)
      if (same) same.tenants.push(name)
      else together.set(key, { tenants: [name], history })
    }
  }
  await Promise.all(Array.from({ length: tenants.parallel }, worker))
  for (const each of together.values()) each.tenants.sort()
  return [...together.values()]
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure && error.reason !== 'Interrupted') return error
  throw error
}
