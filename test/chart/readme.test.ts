import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readmeFor } from './readme.ts'

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

  it.each(['README.md', 'recipes.md'])('links to nothing that is not in the package: %s', (name) => {
    const targets = [...read(name).matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target)
    expect(targets.filter((target) => target?.startsWith('../'))).toEqual([])
  })

  it('names the Kubernetes that Chart.yaml asks for', () => {
    const [, version] = />=(\d+\.\d+)/.exec(parse(read('Chart.yaml')).kubeVersion) ?? []
    expect(readme).toContain(`It needs Kubernetes ${version} or later`)
  })
})
