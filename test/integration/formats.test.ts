import { expect, test } from 'vitest'
import { formats } from '../../hook/config/config.ts'
import { freshDatabase } from '../support/database.ts'
import { lotse, temporaryFolder } from '../support/lotse.ts'
import { catalogue, folderOf, hasDowns, people, steps, toolFiles } from '../support/tool-folders.ts'

/** What a person gets who runs the SQL of all steps by hand. */
async function byHand(): Promise<unknown[]> {
  const { query } = await freshDatabase()
  for (const { up } of steps) if (up) await query(up)
  return [await query(catalogue), await query(people)]
}

test.each(formats)('a folder of %s applies as it is, is found applied, and goes down again', async (format) => {
  const { url, query } = await freshDatabase()
  const env = { DATABASE_URL: url, LOTSE_MIGRATIONS: folderOf(toolFiles(format)) }
  expect((await lotse(['status'], env)).code).toBe(10)
  const run = await lotse(['up'], env)
  expect(run.code, run.output).toBe(0)
  expect([await query(catalogue), await query(people)]).toEqual(await byHand())
  expect((await lotse(['up'], env)).output).toContain('Nothing to apply: all 12 migrations are applied')
  expect((await lotse(['status'], env)).code).toBe(0)
  expect((await lotse(['wait', '--timeout', '5s'], env)).code).toBe(0)

  const down = await lotse(['down', '--all'], env)
  expect(down.code, down.output).toBe(hasDowns(format) ? 0 : 23)
  if (!hasDowns(format)) return
  expect(await query(catalogue)).toEqual([])
  expect(await query('select * from lotse_history')).toEqual([])
})

test('an image that lacks the folder reverts what another tool’s files say', async () => {
  const { url, query } = await freshDatabase()
  const folder = folderOf(toolFiles('goose'))
  expect((await lotse(['up'], { DATABASE_URL: url, LOTSE_MIGRATIONS: folder })).code).toBe(0)
  const down = await lotse(['down', '--all'], { DATABASE_URL: url, LOTSE_MIGRATIONS: temporaryFolder() })
  expect(down.code, down.output).toBe(0)
  expect(await query(catalogue)).toEqual([])
})
