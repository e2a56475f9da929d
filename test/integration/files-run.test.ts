import { expect, test } from 'vitest'
import { freshDatabase } from '../support/database.ts'
import { filesRun } from '../support/files-run.ts'
import { lotse, migrationsFolder } from '../support/lotse.ts'

/** How many files a newcomer opens to follow one run. Raise a figure only with a reason that a reader would accept. */
test.each([
  ['lotse up that applies a file', ['up'], { '001_first.sql': 'create table a (n int)' }, 45],
  ['lotse up whose file has an error', ['up'], { '001_first.sql': 'create table a (n integre)' }, 48],
  ['lotse wait that finds the schema ready', ['wait'], { '001_first.sql': 'create table a (n int)' }, 28],
] as const)('%s runs through a readable number of files', async (_, [verb], files, most) => {
  const DATABASE_URL = (await freshDatabase()).url
  const migrations = migrationsFolder(files)
  if (verb === 'wait') await lotse(['up', '--migrations', migrations], { DATABASE_URL })
  const run = await filesRun([verb, '--migrations', migrations], { DATABASE_URL })
  expect(run, run.join('\n')).toContain('hook/main.ts')
  expect(run.length, run.join('\n')).toBeLessThanOrEqual(most)
  console.log(`lotse ${verb}: ${run.length} files`)
})
