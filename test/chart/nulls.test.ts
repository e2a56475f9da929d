// In Helm, null takes a default away. What comes of it is the same as nothing given, or a refusal that names the value.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Fields, refusal, render } from './render.ts'

const defaults = parse(readFileSync(new URL('../../chart/values.yaml', import.meta.url), 'utf8')) as Fields

function paths(values: Fields, at: readonly string[] = []): readonly string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = [...at, key]
    const below =
      value !== null && typeof value === 'object' && !Array.isArray(value) ? paths(value as Fields, path) : []
    return [path.join('.'), ...below]
  })
}

/** A story that uses what the value is about. */
const stories: { readonly [group: string]: string } = {
  migrations: 'hook-events',
  finish: 'finisher',
  gate: 'gate-job',
  postgres: 'postgres',
  workloads: 'foreign',
}
const story = (path: string) => `test/chart/values/${stories[path.split('.')[0] ?? ''] ?? 'shop'}.yaml`

it.each(paths(defaults))('%s', (path) => {
  try {
    expect(JSON.stringify(render('chart', 'shop', '--values', story(path), '--set', `${path}=null`))).not.toMatch(
      /<nil>|%!/,
    )
  } catch (error) {
    const { stderr = error } = error as { readonly stderr?: unknown }
    const named = path.replaceAll('.', '\\.')
    const missing = `lotse: ${named}: missing, and so is the default\\. .* --reset-then-reuse-values`
    expect(String(stderr)).toMatch(new RegExp(`${missing}|lotse: (?!.*: missing,).*${named}`))
  }
})

it.each(['helm3', 'helm4'] as const)('names the remedy when %s takes the values of an older chart', (helm) => {
  const newer = ['migrations.copy', 'migrations.guard', 'migrations.onDemand', 'gate.rbac']
  const without = newer.flatMap((path) => ['--set', `${path}=null`])
  expect(refusal(helm, '--values', 'test/chart/values/shop.yaml', ...without)).toContain(
    'lotse: gate.rbac, migrations.copy, migrations.guard, migrations.onDemand: missing, and so is the default. If you upgraded from an older version of the chart with --reuse-values, use --reset-then-reuse-values instead. Otherwise, do not set it to null.',
  )
})

it('names every value that is needed, whatever else is there', () => {
  for (const group of ['migrations', 'finish', 'gate', 'postgres']) {
    const none = Object.keys(defaults[group] as Fields).flatMap((key) => ['--set', `${group}.${key}=null`])
    expect(refusal('helm4', '--values', 'test/chart/values/smallest.yaml', ...none)).toContain(`lotse: ${group}.`)
  }
})
