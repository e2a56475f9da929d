import pg from 'pg'
import { inject } from 'vitest'
import type { AskingSession } from '../../hook/database/session.ts'
import { none, parseDirectives } from '../../hook/migration/directives.ts'
import type { Verdict } from '../../hook/migration/finding.ts'
import type { Migration } from '../../hook/migration/migration.ts'

/** Asking the check in this process what it says of rows, and the server what it does: a case takes milliseconds, and a process of its own half a second. */

export const urlOf = (name: string): string =>
  Object.assign(new URL(inject('postgresUrl')), { pathname: `/${name}` }).href

/** A database of this name, made anew, and a connection to it. */
export async function databaseOf(name: string): Promise<pg.Client> {
  const admin = new pg.Client(inject('postgresUrl'))
  await admin.connect()
  await admin.query(`drop database if exists ${name} with (force)`)
  await admin.query(`create database ${name}`)
  await admin.end()
  const connected = new pg.Client(urlOf(name))
  connected.on('error', () => {})
  await connected.connect()
  return connected
}

/** The session that the check asks, on a connection of the test's. */
export function sessionOf(client: pg.Client): AskingSession {
  return {
    query: (sql, values) => client.query(sql, values),
    // One message of several statements is answered with a list, which the types of pg do not know.
    queries: async (sql) => (await client.query(sql)) as unknown as pg.QueryResult[],
    cleanUp: async (sql) => void (await client.query(sql)),
    lostBy: () => false,
    signal: new AbortController().signal,
  }
}

/** Migrations 1.sql, 2.sql and so on with these texts. */
export function migrations(texts: readonly string[]): readonly Migration[] {
  return texts.map((text, index) => ({
    name: String(index),
    file: `${index + 1}.sql`,
    path: `${index + 1}.sql`,
    kind: 'sql',
    text,
    checksum: '',
    directives: text.includes('lotse:') ? parseDirectives(text, `${index + 1}.sql`, []) : none,
    down: undefined,
  }))
}

/** What a verdict says of rows. */
export const ofRows = (verdict: Verdict): readonly { rule: string; message: string }[] =>
  verdict.findings.filter(({ rule }) => rule.startsWith('row-')).map(({ rule, message }) => ({ rule, message }))

/** Runs files as one session of its own each would; returns the SQLSTATE that ended them. */
export async function run(client: pg.Client, texts: readonly string[]): Promise<string | undefined> {
  await client.query('begin')
  try {
    for (const text of texts) {
      await client.query(text)
      await client.query('reset search_path')
    }
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    await client.query('rollback; reset search_path')
  }
}
