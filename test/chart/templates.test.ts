import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const folder = new URL('../../chart/templates', import.meta.url).pathname
const templates = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1))

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
  it('can be read at one sitting', () => {
    expect(text.split('\n').length).toBeLessThanOrEqual(121)
  })
  it('holds one kind, or helpers only', () => {
    const kinds = code.match(/^kind: /gm) ?? []
    expect(kinds.length).toBe(name.endsWith('.yaml') && name !== 'validate.yaml' ? 1 : 0)
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
