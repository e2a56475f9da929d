import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readmeFor } from '../../chart/build/readme.ts'
import { program } from './render.ts'

const read = (name: string): string => readFileSync(new URL(`../../chart/${name}`, import.meta.url), 'utf8')
const readme = read('README.md')
const values = read('values.yaml')

describe('chart/README.md', () => {
  it('is what chart/values.yaml makes of it', () => {
    expect(
      readme === readmeFor(readme, values),
      'chart/README.md is not made from chart/values.yaml: run make docs',
    ).toBe(true)
  })

  it('has a row or a section for every value at the top', () => {
    const told = Object.keys(parse(values)).filter(
      (key) => readme.includes(`\n### ${key}\n`) || readme.includes(`| \`${key}\` |`),
    )
    expect(told).toEqual(Object.keys(parse(values)))
  })

  it('shows no < outside of code, which a chart hub would take for a tag', () => {
    const prose = readme.replace(/```[\s\S]*?```|`[^`\n]*`|<!--.*?-->/g, '')
    expect(prose).not.toContain('<')
  })

  it.each(['README.md', 'recipes.md', 'coming-from.md', 'changing-a-schema.md'])(
    'links to nothing that is not in the package: %s',
    (name) => {
      const targets = [...read(name).matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target)
      expect(targets.filter((target) => target?.startsWith('../'))).toEqual([])
    },
  )

  it('names the Kubernetes that Chart.yaml asks for', () => {
    const [, version] = />=(\d+\.\d+)/.exec(parse(read('Chart.yaml')).kubeVersion) ?? []
    expect(readme).toContain(`It needs Kubernetes ${version} or later`)
  })
})

it.each(['helm3', 'helm4'] as const)(
  'the package that %s makes has the chart and its documents, and nothing that makes them',
  (helm) => {
    const folder = mkdtempSync(join(tmpdir(), 'lotse-package-'))
    try {
      execFileSync(program(helm), ['package', 'chart', '--destination', folder])
      const [archive = ''] = readdirSync(folder)
      const files = execFileSync('tar', ['-tzf', join(folder, archive)], { encoding: 'utf8' })
        .trim()
        .split('\n')
      const top = new Set(files.map((file) => file.split('/')[1]))
      expect([...top].toSorted()).toEqual(
        [
          '.helmignore',
          'Chart.yaml',
          'README.md',
          'changing-a-schema.md',
          'coming-from.md',
          'recipes.md',
          'templates',
          'values.schema.json',
          'values.yaml',
        ].toSorted(),
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
