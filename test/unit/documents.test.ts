import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { options } from '../../hook/config/options.ts'
import { exitCodes } from '../../hook/failure.ts'
import manifest from '../../package.json' with { type: 'json' }

const readme = readFileSync('README.md', 'utf8')
const makefile = readFileSync('Makefile', 'utf8')
const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found ?? '')

test('the exit codes in the README are those of hook/failure.ts', () => {
  const rows = [...readme.matchAll(/^\| (\d+) \| ([\w, ]+) \|/gm)]
  const told = rows.flatMap(([, code, reasons]) => (reasons ?? '').split(', ').map((reason) => [reason, Number(code)]))
  expect(Object.fromEntries(told)).toEqual(exitCodes)
})

test.each([
  'chart/templates/_engine.tpl',
  'chart/templates/_sources.tpl',
  'chart/templates/finisher/_rollout.tpl',
  'chart/templates/gate/_env.tpl',
  'chart/templates/migrator/_env.tpl',
  'Dockerfile',
])('%s sets no variable that the hook does not read', (file) => {
  const set = matches(readFileSync(file, 'utf8'), /\b(LOTSE_[A-Z_]+\w)/g)
  const read = Object.values(options).map(({ env }) => env)
  expect(set.length).toBeGreaterThan(0)
  expect(set.filter((name) => !read.some((each) => each === name))).toEqual([])
})

test('the chart fails the Job for exactly the reasons that another try would not settle', () => {
  const lists = matches(readFileSync('chart/templates/migrator/_failure.tpl', 'utf8'), /values: \[([\d, ]+)\]/g)
  const [guard = [], ended = [], final = []] = lists.map((list) => list.split(', ').map(Number))
  const { ConfigInvalid, DatabaseUnreachable, LockTimeout, MigrationFailed, WaitTimeout } = exitCodes
  const guards: readonly number[] = [ConfigInvalid, DatabaseUnreachable, LockTimeout, MigrationFailed, WaitTimeout]
  expect(guard, 'of a foreign migrator, the verdicts of its guard').toEqual(guards)
  expect(ended, 'of its guard, that the time is over').toEqual([MigrationFailed])
  const retried: readonly number[] = [exitCodes.Interrupted, exitCodes.Bug]
  const states: readonly number[] = [exitCodes.Pending, exitCodes.Ahead, exitCodes.Unfinished]
  const failures = Object.values(exitCodes).filter((code) => code !== 0 && !states.includes(code))
  expect(failures.filter((code) => !final.includes(code) && !retried.includes(code))).toEqual([])
  expect(final.filter((code) => retried.includes(code))).toEqual([])
})

test('every target of make that the documents name exists', () => {
  const targets = matches(makefile, /^([a-z0-9-]+):/gm)
  const named = matches(`${readme}\n${readFileSync('CONTRIBUTING.md', 'utf8')}`, /(?:`|^ {4})make ([a-z0-9-]+)/gm)
  expect(named.filter((name) => !targets.includes(name))).toEqual([])
  expect(named).toContain('demo')
})

test('every file and folder that CONTRIBUTING.md names exists', () => {
  const named = matches(readFileSync('CONTRIBUTING.md', 'utf8'), /`((?:hook|chart|test)\/[\w./-]+)`/g)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((path) => !existsSync(path))).toEqual([])
})

test.each([
  'README.md',
  'CONTRIBUTING.md',
  'chart/README.md',
  'chart/recipes.md',
  'chart/coming-from.md',
  'chart/changing-a-schema.md',
])('%s links to files and headings that exist', (document) => {
  const slug = (title: string): string =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-')
  const targets = matches(readFileSync(document, 'utf8'), /\]\(([^)]+)\)/g).filter((target) => !target.includes('://'))
  const missing = targets.filter((target) => {
    const [file = '', heading] = target.split('#')
    const path = file ? join(dirname(document), file) : document
    if (!existsSync(path)) return true
    return (
      heading !== undefined &&
      !matches(readFileSync(path, 'utf8'), /^#+ (.+)$/gm)
        .map(slug)
        .includes(heading)
    )
  })
  expect(targets.length).toBeGreaterThan(0)
  expect(missing).toEqual([])
})

test('the README names no mode that the chart does not have, and the right default', () => {
  const { properties } = JSON.parse(readFileSync('chart/values.schema.json', 'utf8'))
  const modes = new Set(matches(readme, /`migrations\.mode: (\w+)`/g))
  expect(properties.migrations.properties.mode.enum).toEqual(['', ...modes])
  expect(matches(readme, /`migrations\.mode: (\w+)`, the default/g)).toEqual(['hook'])
})

test('the lines for kind in the README give kind each image, as load.sh runs them', () => {
  const [typed = ''] = matches(readme, /((?:^ {4}.*\n)+^ {4}LOTSE_IMAGE_LOAD=.*make demo$)/gm)
  const [loading = ''] = matches(
    readFileSync('test/cluster/load.sh', 'utf8'),
    /^ {2}(bash -c "\$LOTSE_IMAGE_LOAD .*?) >&2/gm,
  )
  const bin = mkdtempSync(join(tmpdir(), 'lotse-kind-'))
  const script = (name: string, text: string): void =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  script('kind', 'echo "kind $# $*, $LOTSE_CLUSTER $LOTSE_HELM4 $KUBECONFIG"')
  script('helm', '')
  script('make', `tar=/cache/image.tar tag=localhost/shop:1; ${loading.replace('bash -c', 'exec bash -c')}`)
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: '/home/me' }
  const said = execFileSync('bash', ['-euc', typed], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  rmSync(bin, { recursive: true })
  expect(said).toBe(`kind 3 load image-archive /cache/image.tar, existing ${bin}/helm /home/me/.kube/config\n`)
})

test('the README tells where a release is and how to build one, as the release workflow and the Dockerfile have it', () => {
  const { version, homepage, name } = manifest
  const [owner] = homepage.replace('https://github.com/', '').split('/')
  const told = readme.split('## Getting Lotse')[1]?.split('\n## ')[0] ?? ''
  expect(told).toContain(`ghcr.io/${owner}/lotse:${version}`)
  expect(told).toContain(`oci://ghcr.io/${owner}/charts/lotse --version ${version}`)
  expect(told).toContain(`npx ${name}@${version} `)
  expect(told).toContain(`--certificate-identity ${homepage}/.github/workflows/release.yml@refs/tags/v${version}`)
  expect(matches(told, /:(\d+\.\d+\.\d+)/g).filter((each) => each !== version)).toEqual([])
  const dockerfile = readFileSync('Dockerfile', 'utf8')
  const secrets = matches(dockerfile, /type=secret,id=(\w+)/g)
  expect(matches(told, /--secret id=(\w+)/g)).toEqual(secrets)
  const args = matches(dockerfile, /^ARG (\w+)/gm)
  expect(matches(told, /--build-arg (\w+)=/g).filter((each) => !args.includes(each))).toEqual([])
  const workflow = readFileSync('.github/workflows/release.yml', 'utf8')
  expect(matches(workflow, /^ {2}(IMAGE|CHARTS): ghcr\.io\//gm)).toEqual(['IMAGE', 'CHARTS'])
})
