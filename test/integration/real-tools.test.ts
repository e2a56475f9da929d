import { expect, test } from 'vitest'
import { catalogue } from '../support/catalogue.ts'
import { freshDatabase, type TestDatabase } from '../support/database.ts'
import { lotse } from '../support/lotse.ts'
import { fenced, readRecipes } from '../support/recipes.ts'
import { recordedByHand } from '../support/recorded-by-hand.ts'
import { folderOf, tools as real, type Tool } from '../support/tools.ts'

const tools = [...real, ...recordedByHand]

/** What the tool does before Lotse takes over. */
const half = (number: number): boolean => number <= 8
/** The fourth comes late, where the tool takes what does. */
const early = (number: number): boolean => half(number) && number !== 4
const whole = (): boolean => true

async function migrateHalf(tool: Tool, { url }: TestDatabase): Promise<void> {
  if (tool.late) await tool.migrate(url, folderOf(tool.name, early))
  await tool.migrate(url, folderOf(tool.name, half))
}

/** How often each migration that counts itself has run. */
const counted = ({ query }: TestDatabase) =>
  query('select step, count(*)::int from effects group by step order by step')

/** What chart/coming-from.md says writes the tool's rows for what Lotse has applied. sqlx needs a checksum that PostgreSQL cannot make. */
function wayBack(name: string): string {
  const section = readRecipes('chart/coming-from.md').find(({ title }) => title.toLowerCase() === name)
  const [sql] = fenced(section?.text ?? '', 'sql')
  if (!sql) throw new Error(`chart/coming-from.md has no SQL for ${name}`)
  return sql
}

test.each(tools)(
  'what $name has migrated halfway is refused, taken over, finished as $name would, and handed back',
  { timeout: 180_000 },
  async (tool) => {
    const database = await freshDatabase()
    await migrateHalf(tool, database)
    const halfway = await catalogue(database, [])
    const env = { DATABASE_URL: database.url, LOTSE_MIGRATIONS: folderOf(tool.name, whole), ...tool.env }

    const refused = await lotse(['up'], env)
    expect(refused.code, refused.output).toBe(23)
    expect(refused.terminationMessage).toContain(`lotse adopt --from ${tool.name}`)
    const shown = await lotse(['adopt', '--from', tool.name, '--dry-run'], env)
    expect(shown.code, shown.output).toBe(0)
    expect(await catalogue(database, [])).toEqual(halfway)

    const adopted = await lotse(['adopt', '--from', tool.name], env)
    expect(adopted.code, adopted.output).toBe(0)
    expect(await catalogue(database, ['lotse_history'])).toEqual(halfway)
    const up = await lotse(['up'], env)
    expect(up.code, up.output).toBe(0)
    const origins = await database.query(
      'select origin, count(*)::int from lotse_history group by origin order by origin = $1 desc',
      [tool.name],
    )
    expect(origins).toEqual([
      { origin: tool.name, count: tool.name === 'flyway' ? 9 : 8 },
      { origin: 'up', count: 6 },
    ])

    const other = await freshDatabase()
    await tool.migrate(other.url, folderOf(tool.name, whole))
    const without = [...tool.tables, 'lotse_history']
    const made = await catalogue(database, without)
    expect(made).toEqual(await catalogue(other, without))
    expect((await counted(database)).every(({ count }) => count === 1)).toBe(true)
    expect(await database.query('select distinct visits from users')).toEqual([{ visits: 4 }])

    if (tool.name === 'sqlx') return
    await database.query(wayBack(tool.name))
    await tool.repair?.(database.url, folderOf(tool.name, whole))
    const [table = ''] = tool.tables
    const rows = async () =>
      (await database.query(`select count(*)::int from ${tool.schema ?? 'public'}."${table}"`))[0]
    const before = await rows()
    await tool.migrate(database.url, folderOf(tool.name, whole))
    expect(await rows()).toEqual(before)
    expect(await catalogue(database, without)).toEqual(made)
    const again = await lotse(['up'], env)
    expect(again.code, again.output).toBe(0)
    expect(await catalogue(database, without)).toEqual(made)
  },
)

test.each(tools.filter(({ reverts }) => reverts))(
  'what Lotse has applied after $name is reverted by what $name would revert it with',
  async (tool) => {
    const database = await freshDatabase()
    await migrateHalf(tool, database)
    const without = [...tool.tables, 'lotse_history']
    const halfway = await catalogue(database, without)
    const env = { DATABASE_URL: database.url, LOTSE_MIGRATIONS: folderOf(tool.name, whole), ...tool.env }
    const up = await lotse(['up', '--adopt', tool.name], env)
    expect(up.code, up.output).toBe(0)
    const [last] = await database.query(
      `select name from lotse_history where origin <> 'up' order by position desc limit 1`,
    )
    const down = await lotse(['down', '--to', last?.name ?? ''], env)
    expect(down.code, down.output).toBe(0)
    expect(await catalogue(database, without)).toEqual(halfway)
  },
)
