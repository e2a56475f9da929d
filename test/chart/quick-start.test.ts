import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { named } from './objects.ts'
import { render } from './render.ts'

it("renders the README's values", () => {
  const [, values = ''] = /^```yaml\n([\s\S]+?)^```$/m.exec(readFileSync('README.md', 'utf8')) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'lotse-readme-'))
  try {
    writeFileSync(join(folder, 'values.yaml'), values)
    const all = render('chart', 'shop', '--values', join(folder, 'values.yaml'))
    expect(all.map(named).toSorted()).toEqual([
      'CronJob shop-migrator',
      'Deployment shop-web',
      'Job shop-migrator',
      'Service shop-web',
      'ServiceAccount shop',
      'ServiceAccount shop-migrator',
      'ServiceAccount shop-migrator-job',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 600_000)
