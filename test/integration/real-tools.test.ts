import { expect, test } from 'vitest'
import { catalogue } from '../support/catalogue.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse } from '../support/lotse.ts'
import { folderOf, type Tool, tools } from '../support/tools.ts'

/** Each real tool by its whole folder, and by the half of it that it does before Lotse takes over. */
const half = (number: number): boolean => number <= 8
/** The fourth comes late, where the tool takes what does. */
const early = (number: number): boolean => half(number) && number !== 4
const whole = (): boolean => true

async function migrateHalf(tool: Tool, { url }: TestDatabase): Promise<void> {
  if (tool.late) await tool.migrate(url, folderOf(tool.name, early))
  await tool.migrate(url, folderOf(tool.name, half))
}

test.each(tools.filter(({ name }) => !['drizzle', 'flyway'].includes(name)))(
  'what $name has migrated is not migrated again from the start',
  async (tool) => {
    const database = await freshDatabase()
    await migrateHalf(tool, database)
    const before = await catalogue(database, [])
    const env = { DATABASE_URL: database.url, LOTSE_MIGRATIONS: folderOf(tool.name, whole), ...tool.env }
    const run = await lotse(['up'], env)
    expect(run.code, run.output).toBe(23)
    expect(run.terminationMessage).toContain(`lotse adopt --from ${tool.name}`)
    expect(await catalogue(database, [])).toEqual(before)
  },
)
