import { spawnSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/lotse.ts'

const cacheOf = (folder: string): string =>
  join(folder, readdirSync(folder).find((file) => file.endsWith('.cache')) ?? 'none.cache')

const node = (...args: string[]): string => {
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return stdout + stderr
}

function copyOfDist(...files: string[]): string {
  const folder = temporaryFolder()
  for (const file of files) copyFileSync(join('dist', file), join(folder, file))
  return folder
}

test('V8 takes the code that was compiled before, of this Node', () => {
  const file = resolve('dist/lotse.js')
  const program = `process.argv = ['node', 'lotse', 'version']
    const { load } = require(${JSON.stringify(file)})
    for (const { script, cache } of [load('hook'), load('rare')]) console.log(script.cachedDataRejected, cache)`
  const caches = readdirSync('dist').filter((each) => each.endsWith('.cache'))
  expect(caches).toHaveLength(2)
  for (const cache of caches) expect(node('-e', program)).toContain(`false ${resolve('dist', cache)}`)
})

test('without that code, and with code that V8 cannot take, it starts all the same', () => {
  const folder = copyOfDist('lotse.js', 'hook.js', 'package.json')
  const version = node('dist/lotse.js', 'version')
  expect(version).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(node(join(folder, 'lotse.js'), 'version')).toBe(version)
  const code = readFileSync(cacheOf('dist'))
  writeFileSync(join(folder, cacheOf('dist').slice('dist/'.length)), code.fill(1, 0, 64))
  expect(node(join(folder, 'lotse.js'), 'version')).toBe(version)
})

test('the code can be compiled anew where the image is built', () => {
  const folder = copyOfDist('lotse.js', 'hook.js', 'rare.js', 'package.json', 'precompile.js')
  expect(node(join(folder, 'precompile.js'))).toBe('')
  expect(readFileSync(cacheOf(folder)).length).toBeGreaterThan(100_000)
})
