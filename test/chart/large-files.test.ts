import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { refusal, render } from './render.ts'

/** Options that give the chart one file of so many bytes, under a value. */
function withFile(bytes: number, value: (content: string) => object): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-values-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'values.json')
  writeFileSync(file, JSON.stringify(value('x'.repeat(bytes))))
  return ['--values', 'test/chart/values/smallest.yaml', '--values', file]
}

const migration = (content: string): object => ({ migrations: { source: { files: { '001_seed.sql': content } } } })
const configFile = (content: string): object => ({ config: { files: { '/etc/seed': content } } })

test.each(['helm3', 'helm4'] as const)('%s says why files of more than 1 MiB cannot be given in the values', (helm) => {
  const seed = refusal(helm, ...withFile(1_200_000, migration))
  expect(seed).toContain(
    'lotse: migrations.source.files holds 1200012 bytes, and a ConfigMap holds at most 1048576. Put the migrations into an image',
  )
  expect(refusal(helm, ...withFile(1_200_000, configFile))).toContain(
    'lotse: config.files holds 1200009 bytes, and a ConfigMap holds at most 1048576. Put large files into the application',
  )
})

test('what fits into a ConfigMap is rendered', () => {
  expect(render('chart', 'shop', ...withFile(1_000_000, migration)).length).toBeGreaterThan(0)
})
