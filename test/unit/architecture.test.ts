import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

/** From the outside in: a file imports from its own room, from rooms further down this list, and from the leaves. */
const rooms = [
  'hook/command',
  'hook/cli',
  'hook/guard',
  'hook/gate',
  'hook/tenants',
  'hook/finish',
  'hook/adopt',
  'hook/check/trace',
  'hook/check',
  'hook/check/preflight',
  'hook/check/rules',
  'hook/backfill',
  'hook/apply',
  'hook/apply/concurrently',
  'hook/cluster',
  'hook/report',
  'hook/database',
  'hook/folder',
  'hook/migration',
  'hook/sql',
  'hook/config',
]
/** What every room may name: what a run tells, how it fails, how it waits, which version it is. */
const leaves = ['hook/event.ts', 'hook/failure.ts', 'hook/poll.ts', 'hook/version.ts']

const files = globSync('hook/**/*.ts').map((file) => ({ file, text: readFileSync(file, 'utf8') }))

const importsOf = (text: string): string[] =>
  [...text.matchAll(/\b(?:from|import\(?)\s*'([^']+)'/g)].map(([, path]) => path ?? '')

const ownImportsOf = ({ file, text }: (typeof files)[number]): string[] =>
  importsOf(text)
    .filter((path) => path.startsWith('.'))
    .map((path) => normalize(join(dirname(file), path)))
    .filter((target) => target !== 'package.json')

const roomOf = (file: string): number => rooms.indexOf(dirname(file))

test('every file of the hook stands in one of its rooms', () => {
  expect(files.length).toBeGreaterThan(15)
  const strangers = files.filter(({ file }) => roomOf(file) < 0 && !leaves.includes(file) && file !== 'hook/main.ts')
  expect(strangers.map(({ file }) => file)).toEqual([])
})

test('imports go one way, down the list of rooms', () => {
  const wrong = files.flatMap((each) =>
    ownImportsOf(each)
      .filter((target) => !leaves.includes(target))
      .filter(
        (target) => each.file !== 'hook/main.ts' && (leaves.includes(each.file) || roomOf(target) < roomOf(each.file)),
      )
      .map((target) => `${each.file} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('no file imports itself by way of others', () => {
  const imports = new Map(files.map((each) => [each.file, ownImportsOf(each)]))
  const circleFrom = (file: string): string | undefined => {
    const paths = new Map<string, readonly string[]>([[file, [file]]])
    for (const [from, path] of paths)
      for (const next of imports.get(from) ?? []) {
        if (next === file) return [...path, next].join(' → ')
        if (!paths.has(next)) paths.set(next, [...path, next])
      }
    return undefined
  }
  expect(files.map(({ file }) => circleFrom(file)).filter(Boolean)).toEqual([])
})

test('guard is a word for the holder of the run lock alone', () => {
  const elsewhere = files
    .filter(({ file }) => !/^hook\/(guard|cli|command)\/|^hook\/main/.test(file))
    // The help of an option may name the verb.
    .filter(({ text }) => /guard/i.test(text.replaceAll('up and guard', '')))
  expect(elsewhere.map(({ file }) => file)).toEqual([])
})

test('the engine does not speak of Helm: hook/report words what a person does next', () => {
  const speaking = files.filter(({ text }) => /helm upgrade/i.test(text)).map(({ file }) => file)
  // A gate's Job and its deletion are Kubernetes' own; both stand in the room that knows them.
  expect(speaking.filter((file) => !['hook/report/sentences.ts', 'hook/gate/watch-job.ts'].includes(file))).toEqual([])
})

test('SQL about the history table stands in hook/database alone', () => {
  const elsewhere = files.filter(({ file, text }) => !file.startsWith('hook/database/') && /\btable\.sql\b/.test(text))
  expect(elsewhere.map(({ file }) => file)).toEqual([])
})

test('only main.ts touches the process', () => {
  const touching = files.filter(({ text }) => /\bprocess\.[a-z]|node:process/.test(text)).map(({ file }) => file)
  expect(touching).toEqual(['hook/main.ts'])
})

test.each([
  ['umzug', ['hook/apply']],
  ['@kubernetes/client-node', ['hook/cluster']],
  ['libpg-query', ['hook/sql']],
  [
    '@pgsql/types',
    ['hook/sql', 'hook/apply', 'hook/apply/concurrently', 'hook/check', 'hook/check/preflight', 'hook/check/rules'],
  ],
  ['pino', ['hook/report']],
  // Quoting a name or a literal is text; no connection is made for it.
  ['pg', ['hook/database', 'hook/sql']],
])('%s is imported in %s alone', (name, allowed) => {
  const importing = files.filter(({ text }) => importsOf(text).includes(name)).map(({ file }) => dirname(file))
  expect([...new Set(importing)].filter((room) => !allowed.includes(room))).toEqual([])
})

test('no file outgrows what can be read at once', () => {
  const long = files.filter(({ text }) => text.split('\n').length > 220).map(({ file }) => file)
  expect(long).toEqual([])
})

test('the picture of the rooms in CONTRIBUTING.md shows the imports as they are', () => {
  const nameOf = (path: string): string => path.replace(/^hook\//, '')
  const imports = new Map<string, Set<string>>()
  for (const each of files.filter(({ file }) => !leaves.includes(file))) {
    const from = each.file === 'hook/main.ts' ? 'main' : nameOf(dirname(each.file))
    const targets = ownImportsOf(each).filter((target) => !leaves.includes(target))
    const into = imports.get(from) ?? new Set()
    imports.set(from, into)
    for (const target of targets) if (nameOf(dirname(target)) !== from) into.add(nameOf(dirname(target)))
  }
  const reached = (from: string, without?: string): Set<string> => {
    const found = new Set<string>()
    const visit = (room: string): void => {
      for (const next of imports.get(room) ?? []) {
        if ((room === from && next === without) || found.has(next)) continue
        found.add(next)
        visit(next)
      }
    }
    visit(from)
    return found
  }
  const arrows = [...imports].flatMap(([from, targets]) =>
    [...targets].filter((to) => !reached(from, to).has(to)).map((to) => `  ${from} --> ${to}`),
  )
  const picture = `\n\`\`\`mermaid\nflowchart TD\n${arrows.sort().join('\n')}\n\`\`\`\n`
  const [, shown] = /<!-- rooms:.*?-->(.*)<!-- \/rooms -->/s.exec(readFileSync('CONTRIBUTING.md', 'utf8')) ?? []
  expect(shown).toBe(picture)
})
