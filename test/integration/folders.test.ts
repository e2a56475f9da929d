import { readdirSync } from 'node:fs'
import { Umzug } from 'umzug'
import { expect, test } from 'vitest'
import { umzugStorage } from '../../hook/apply/storage.ts'
import { freshDatabase } from '../support/database.ts'
import { lotse } from '../support/lotse.ts'

const root = 'test/fixtures/folders'

test.each(readdirSync(root))('a folder as %s has it runs unchanged, and goes down again', async (name) => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: `${root}/${name}` }
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect(await query('select name from users order by 1 limit 1')).toEqual([{ name: expect.stringMatching(/^Ada/) }])
  expect((await lotse(['up'], env)).code).toBe(0)

  const names = (await query('select name from lotse_history order by position')).map((row) => row.name)
  const reversible = name !== 'graphile-migrate'
  const down = await lotse(['down', '--to', names[0]], env)
  expect(down.code, down.output).toBe(reversible ? 0 : 23)
  if (reversible) expect(await query('select name from lotse_history')).toHaveLength(1)
})

test('the storage fulfils the contract that Umzug checks', () => {
  expect(() => new Umzug({ migrations: [], storage: umzugStorage([]), logger: undefined })).not.toThrow()
})
