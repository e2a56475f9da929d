// In Helm, null takes a default away. What comes of it is the same as nothing given, or a refusal that names the value.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Fields, render } from './render.ts'

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
    const last = path.split('.').at(-1) ?? ''
    const { stderr = error } = error as { readonly stderr?: unknown }
    expect(String(stderr)).toMatch(new RegExp(`missing propert.*'${last}'|^.*lotse: .*${path}`, 'm'))
  }
})
