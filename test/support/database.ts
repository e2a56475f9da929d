import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject, onTestFinished } from 'vitest'

export type TestDatabase = {
  readonly url: string
  readonly query: (sql: string, values?: unknown[]) => Promise<pg.QueryResult['rows']>
  /** A connection of the test's own, closed when the test ends; by another way to the database if one is given. */
  readonly connect: (through?: string) => Promise<pg.Client>
}

/** A fresh database for one test, dropped when it ends. */
export async function freshDatabase(server: string = inject('postgresUrl')): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await withClient(server, (client) => client.query(`create database ${name}`))
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href
  onTestFinished(() =>
    withClient(server, (client) => client.query(`drop database ${name} with (force)`)).then(() => {}),
  )
  return {
    url,
    query: (sql, values) => withClient(url, async (client) => (await client.query(sql, values)).rows),
    connect: async (through = url) => {
      const client = new pg.Client(through)
      client.on('error', () => {})
      await client.connect()
      onTestFinished(() => client.end())
      return client
    },
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
