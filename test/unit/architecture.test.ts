import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

/** From the outside in: a folder imports from itself, from folders further down this list, and from the leaves. */
const order = ['command', 'apply', 'cluster', 'report', 'database', 'migration', 'config']
const leaves = ['hook/event.ts', 'hook/failure.ts', 'hook/version.ts']

const files = globSync('hook/**/*.ts').map((file) => ({ file, text: readFileSync(file, 'utf8') }))

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, path]) => path ?? '')

const folderOf = (file: string): number => order.indexOf(file.split('/')[1] ?? '')

test('the hook is made of the folders that design and order name', () => {
  expect(files.length).toBeGreaterThan(15)
  const strangers = files.filter(({ file }) => folderOf(file) < 0 && !leaves.includes(file) && file !== 'hook/main.ts')
  expect(strangers.map(({ file }) => file)).toEqual([])
})

test('imports go one way: command, apply, cluster, report, database, migration, config', () => {
  const wrong = files.flatMap(({ file, text }) =>
    importsOf(text)
      .filter((path) => path.startsWith('.'))
      .map((path) => normalize(join(dirname(file), path)))
      .filter((target) => target !== 'package.json' && !leaves.includes(target))
      .filter((target) => file !== 'hook/main.ts' && (leaves.includes(file) || folderOf(target) < folderOf(file)))
      .map((target) => `${file} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('only main.ts touches the process', () => {
  const touching = files.filter(({ text }) => /\bprocess\.[a-z]|node:process/.test(text)).map(({ file }) => file)
  expect(touching).toEqual(['hook/main.ts'])
})

test.each([
  ['umzug', 'apply'],
  ['@kubernetes/client-node', 'cluster'],
  ['libpg-query', 'apply'],
  ['pino', 'report'],
  ['pg', 'database'],
])('%s is imported in hook/%s alone', (name, folder) => {
  const importing = files.filter(({ text }) => importsOf(text).includes(name)).map(({ file }) => dirname(file))
  expect([...new Set(importing)].filter((where) => where !== `hook/${folder}`)).toEqual([])
})

test('no file outgrows a page', () => {
  const long = files.filter(({ text }) => text.split('\n').length > 150).map(({ file }) => file)
  expect(long).toEqual([])
})
