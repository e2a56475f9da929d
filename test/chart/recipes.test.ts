import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parse as parseSql } from 'libpg-query'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { examples, fenced, pages, readRecipes } from '../support/recipes.ts'
import type { Manifest } from './render.ts'

const page = pages.map((file) => readFileSync(file, 'utf8')).join('\n')
const recipes = pages.flatMap(readRecipes)
const { all, remove } = examples(pages)
afterAll(remove)

const programs = ['helm3', 'helm4'] as const
const helm: Record<string, string> = {}
/** The objects that the recipes made, as "kind/name". */
const made = new Set<string>()
const run = (program: string, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(helm[program] ?? '', args, { encoding: 'utf8' })
  return { status, stdout, output: `${stdout}${stderr}` }
}
beforeAll(() => {
  const { stdout } = spawnSync('test/cluster/build.sh', ['--path', ...programs], { encoding: 'utf8' })
  stdout
    .trim()
    .split('\n')
    .forEach((folder, index) => {
      helm[programs[index] ?? ''] = `${folder}/helm`
    })
}, 600_000)

describe.each(programs)('%s', (program) => {
  it.each(all)('renders and lints: $name', ({ chart, values }) => {
    const rendered = run(program, ['template', 'shop', chart, ...values])
    expect(rendered.status, rendered.output).toBe(0)
    const manifests = parseAllDocuments(rendered.stdout).map((document) => document.toJS() as Manifest | null)
    const names = manifests.map((each) => each && `${each.kind.toLowerCase()}/${each.metadata.name}`)
    expect(names.length).toBeGreaterThan(1)
    for (const name of names) if (name) made.add(name)
    const linted = run(program, ['lint', '--strict', chart, ...values])
    expect(linted.status, linted.output).toBe(0)
  })
})

describe('every recipe', () => {
  it('has a title of its own and says what it is for', () => {
    expect(recipes.length).toBeGreaterThan(20)
    expect(new Set(recipes.map(({ title }) => title)).size).toBe(recipes.length)
    for (const { title, text } of recipes) expect(text.split('\n')[2], title).toMatch(/^[A-Z`][^`]/)
  })

  it('says of each YAML block which file it is, and the block parses', () => {
    const known =
      /^(values\.yaml|alerts\.yaml|Chart\.yaml|templates\/\w+\.yaml|\.github\/workflows\/deploy\.yaml|\.gitlab-ci\.yml|test\/e2e\/.+\.yaml)$/
    const blocks = recipes.flatMap((recipe) => recipe.blocks)
    expect(blocks.length).toBe(page.match(/^```yaml$/gm)?.length)
    for (const { file, text } of blocks) {
      expect(file, text).toMatch(known)
      if (!file.startsWith('templates/'))
        expect(
          parseAllDocuments(text).flatMap(({ errors }) => errors),
          text,
        ).toEqual([])
    }
  })

  it('shows the manifests that the stories with Argo CD and Flux apply', () => {
    const files = ['argocd/application', 'argocd/automated', 'flux/release', 'flux/rollback']
    const shown = recipes.flatMap(({ blocks }) => blocks).filter(({ file }) => file.startsWith('test/'))
    expect(shown.map(({ file }) => file).sort()).toEqual(files.map((name) => `test/e2e/${name}.yaml`))
    for (const { file, text } of shown) expect(text, file).toBe(`# ${file}\n${readFileSync(file, 'utf8')}`)
  })

  it('has SQL that PostgreSQL can read', async () => {
    const statements = fenced(page, 'sql')
    expect(statements.length).toBeGreaterThan(0)
    for (const sql of statements) await expect(parseSql(sql), sql).resolves.toBeDefined()
  })
})

describe('what the page and the READMEs name', () => {
  const readme = readFileSync('chart/README.md', 'utf8')
  const everything = [page, readme, readFileSync('README.md', 'utf8')].join('\n')

  it('are values that exist', () => {
    const defaults = parse(readFileSync('chart/values.yaml', 'utf8')) as Record<string, unknown>
    const named = [...everything.matchAll(/`((?:[a-z]\w*\.)+[a-z]\w*)/g)].map(([, path = '']) => path.split('.'))
    const ours = named.filter(([first = '']) => first in defaults && !['lotse'].includes(first))
    const exists = (path: readonly string[]) =>
      path.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], defaults) !== undefined
    expect(ours.length).toBeGreaterThan(20)
    expect(ours.filter((path) => !exists(path)).map((path) => path.join('.'))).toEqual([])
  })

  it('are objects that the recipes make', () => {
    const byHand = [...page.matchAll(/kubectl create job ([\w-]+) --from/g)].map(([, name]) => `job/${name}`)
    const exists = (name: string) =>
      byHand.includes(name) || [...made].some((each) => each.replace(/-[0-9a-f]{10}$/, '-HASH') === name)
    const named = [...page.matchAll(/\b(?:job|cronjob|deployment)\/[\w-]+/g)].map(([name]) => name)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !exists(name))).toEqual([])
  })

  it('are flags that Helm knows', () => {
    const lines = [page, readme].flatMap((text) => fenced(text, 'sh')).join('\n')
    const commands = lines.replaceAll('\\\n', ' ').match(/^helm .+$/gm) ?? []
    expect(commands.length).toBeGreaterThan(5)
    for (const command of commands) {
      const [, verb = ''] = command.split(' ')
      const { stdout } = run('helm4', [verb, '--help'])
      for (const [flag] of command.split('|')[0]?.matchAll(/--[a-z-]+/g) ?? [])
        expect(stdout, command).toMatch(new RegExp(`${flag}\\b`))
    }
  })

  it.each(pages)('are all recipes, in the list at the head of %s', (file) => {
    const [listed = ''] = readFileSync(file, 'utf8').split('\n## ')
    const slug = (title: string) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-')
    expect(
      readRecipes(file)
        .map(({ title }) => slug(title))
        .filter((title) => !listed.includes(`(#${title})`)),
    ).toEqual([])
  })

  it('is the --timeout of the budget wherever a recipe says both', () => {
    for (const { title, text, blocks } of recipes) {
      const [, budget] = blocks.map((block) => /budgets: \{helm: (\w+)/.exec(block.text)).find(Boolean) ?? []
      const told = [...text.matchAll(/--timeout (\d\w+)/g)].map(([, timeout]) => timeout)
      for (const timeout of told) expect(timeout, title).toBe(budget)
    }
  })

  it('installs as the README says in three lines', () => {
    const [install = ''] = fenced(readme, 'sh')
    const [, ...args] = install.split('\n').slice(1).join(' ').replaceAll('\\', ' ').trim().split(/\s+/)
    expect(args.slice(0, 2)).toEqual(['install', 'shop'])
    const { status, output } = run('helm4', ['template', ...args.slice(1)])
    expect(status, output).toBe(0)
  })
})
