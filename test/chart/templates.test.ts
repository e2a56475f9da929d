import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const folder = new URL('../../chart/templates', import.meta.url).pathname
const templates = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))

/** What the names of a file's helpers begin with: gate/_env.tpl holds lotse.gate.env, and gate/_gate.tpl what is called lotse.gate itself. */
const prefixOf = (file: string): string => {
  const [last = '', ...folders] = file
    .replace(/\.tpl$/, '')
    .split('/')
    .toReversed()
  return ['lotse', ...folders.toReversed(), ...(last === `_${folders[0]}` ? [] : [last.slice(1)])].join('.')
}
const prefixes = templates.filter((name) => name.endsWith('.tpl')).map(prefixOf)
const helpersIn = (text: string) => [...text.matchAll(/define "([^"]+)"/g)].map(([, helper = '']) => helper)

describe('the name of a helper', () => {
  const files = templates.map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')] as const)

  it('tells its file, the most specific one that fits', () => {
    const stray = files.flatMap(([name, text]) =>
      helpersIn(text).filter((helper) => {
        const fitting = prefixes.filter((prefix) => helper === prefix || helper.startsWith(`${prefix}.`))
        return fitting.toSorted((a, b) => b.length - a.length)[0] !== prefixOf(name)
      }),
    )
    expect(stray).toEqual([])
    expect(new Set(prefixes).size).toBe(prefixes.length)
  })

  it('is included somewhere, or is what a parent chart includes', () => {
    const everything = files.map(([, text]) => text).join('\n')
    const unused = files
      .flatMap(([, text]) => helpersIn(text))
      .filter((name) => !everything.includes(`include "${name}"`))
    expect(unused.filter((name) => name !== 'lotse.gate' && !name.startsWith('lotse.app.'))).toEqual([])
  })
})

describe.each(templates)('%s', (name) => {
  const text = readFileSync(`${folder}/${name}`, 'utf8')
  const code = text.replace(/\{\{\/\*[\s\S]*?\*\/\}\}/g, '')
  const actions = (code.match(/\{\{[\s\S]*?\}\}/g) ?? []).join('\n')

  it('renders the same for Helm, Argo CD and Flux: an install is an upgrade, and no cluster is asked', () => {
    expect(actions).not.toMatch(/IsInstall|IsUpgrade|\.Revision|\blookup\b|\brand[A-Z]|\bnow\b|\bgen[A-Z]\w+Cert/)
  })
  it('never changes .Values', () => {
    expect(actions).not.toMatch(/\b(set|unset|merge\w*|mustMerge\w*) \(?(\$\.|\.|\.root\.)Values/)
  })
  it('includes with nindent', () => {
    expect(code).not.toMatch(/\{\{-?\s*template\b|\|\s*indent\b/)
  })
  it('asks a helper that renders true or nothing by if, and what may be missing by dig', () => {
    expect(actions).not.toMatch(/eq (\([^)]*\)|\$\w+) "true"|ternary [^\n]*\(hasKey/)
    expect(actions.replace('(.Template).BasePath', '')).not.toMatch(/\(\$?[\w.]+\)\.\w/)
  })
  it('can be read at one sitting', () => {
    expect(text.split('\n').length).toBeLessThanOrEqual(121)
  })
  it('holds one kind, or helpers only', () => {
    const kinds = code.match(/^kind: /gm) ?? []
    const others = name.startsWith('validate/') || name === 'extra-objects.yaml'
    expect(kinds.length).toBe(name.endsWith('.yaml') && !others ? 1 : 0)
    expect(code.includes('{{- define')).toBe(name.endsWith('.tpl'))
  })
  it('says of each helper what it renders and what it takes', () => {
    for (const [, helper] of code.matchAll(/define "([^"]+)"/g)) {
      expect(helper).toMatch(/^lotse\./)
      expect(text).toMatch(
        new RegExp(
          `\\{\\{/\\*\\n${helper} renders[ ,][^\\n]+\\nArgument: [^*]+\\*/\\}\\}\\n\\{\\{- define "${helper}"`,
        ),
      )
    }
  })
})
