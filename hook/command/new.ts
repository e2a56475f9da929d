import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { Failure } from '../failure.ts'
import { sealName } from '../folder/files.ts'
import { formatOf } from '../folder/read.ts'
import { filesOf, type Kind } from './new-files.ts'

/**
 * Creates the next migration in the folder's format and returns the paths created. Continues the numbers of the folder (001, 002 …),
 * with as many digits; otherwise the name starts with the time in UTC, so that two branches seldom collide.
 */
export async function newMigration(
  config: Pick<Config, 'migrations' | 'format'>,
  title: string,
  kind: Kind,
  now: Date,
): Promise<string[]> {
  const folder = config.migrations
  const slug = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  if (!slug)
    throw new Failure('ConfigInvalid', {
      summary: `"${title}" contains no letter or digit for a file name`,
      remedy: 'describe what it does: lotse new add_price',
    })
  mkdirSync(folder, { recursive: true })
  if (existsSync(join(folder, sealName)))
    throw new Failure('ConfigInvalid', {
      summary: `the migrations folder ${folder} is sealed`,
      remedy: 'bring its files back with lotse seal --undo, or use the folder that the image is made of',
    })
  const files = filesOf(await formatOf(config), readdirSync(folder), { title, slug, ...kind, now })
  const taken = files.find(({ file }) => existsSync(join(folder, file)))
  if (taken)
    throw new Failure('ConfigInvalid', {
      summary: `${join(folder, taken.file)} already exists`,
      remedy: 'choose another name',
    })
  return files.map(({ file, text }) => {
    const path = join(folder, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  })
}
