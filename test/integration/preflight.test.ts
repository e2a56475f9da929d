import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { judgePending } from '../../hook/check/judge-pending.ts'
import { cases } from '../fixtures/check/rows.ts'
import { databaseOf, migrations, ofRows, run, sessionOf } from '../support/preflight.ts'

const major = Number(inject('postgresMajor'))

let client: pg.Client
beforeAll(async () => {
  client = await databaseOf('preflight_cases')
})
afterAll(() => client?.end())

describe('what the check says of rows is what the server does', () => {
  test.each(cases.filter(({ since = 0 }) => since <= major))(
    '$says: $pending',
    async ({ tables, pending, found, unjudged, fails }) => {
      await client.query('drop schema if exists public, shop cascade; create schema public')
      await client.query(tables)
      const texts = typeof pending === 'string' ? [pending] : pending
      const verdict = await judgePending(sessionOf(client), migrations(texts), 30_000)
      const said = JSON.stringify([ofRows(verdict), verdict.unjudged])
      const [rule, message = ''] = found ?? []
      expect(ofRows(verdict).length, said).toBe(found ? 1 : 0)
      if (found) expect(ofRows(verdict)[0]).toEqual({ rule, message: expect.stringContaining(message) })
      expect(
        verdict.unjudged.map(({ why }) => why),
        said,
      ).toEqual(unjudged ? [expect.stringMatching(unjudged)] : [])
      const code = await run(client, texts)
      const foretold = /\((\w{5})\)/.exec(ofRows(verdict)[0]?.message ?? '')?.[1]
      if (fails) expect(code, said).toBeDefined()
      else expect(code, said).toBe(foretold)
      expect(said).not.toContain('secret')
    },
  )
})
