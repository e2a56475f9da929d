import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { must } from '../../support/command.ts'
import { type Image, openImage } from '../../support/image.ts'
import { fenced } from '../../support/recipes.ts'

describe('the image that the Dockerfile makes of a clone', () => {
  let image: Image
  beforeAll(async () => {
    // Nothing is built here: the other stories run on this image.
    image = await openImage((await must('test/cluster/lotse.sh', ['localhost/lotse:dev', '--build'])).trim())
  })
  afterAll(() => image?.close())

  test('has the bundle, what its own Node made of it, and nothing of what it was made with', () => {
    const files = image.files.filter((path) => path.startsWith('lotse/'))
    const compiled = files.filter((path) => path.endsWith('.cache'))
    expect(compiled.map((path) => path.replace(/v24\.\d+\.\d+-(x64|arm64)/, 'NODE'))).toEqual([
      'lotse/hook-NODE.cache',
      'lotse/rare-NODE.cache',
    ])
    const top = new Set(files.map((path) => path.split('/')[1] ?? ''))
    for (const path of compiled) top.delete(path.slice('lotse/'.length))
    expect([...top].sort()).toEqual([
      'history.sql',
      'hook.js',
      'kubernetes.js',
      'kubernetes.js.LEGAL.txt',
      'lotse.js',
      'node_modules',
      'package.json',
      'precompile.js',
      'rare.js',
    ])
    expect(
      image.files.filter((path) => /(^|\/)(npm|esbuild|sh)$|\.tsx?$/.test(path) && !path.endsWith('.d.ts')),
    ).toEqual([])
  })

  test('keeps nothing of the npm settings and certificates that it was built with', async () => {
    expect(await image.contains('lotse-secret')).toBe(false)
    // It would be found: this is.
    expect(await image.contains('LOTSE_TERMINATION_LOG=/dev/termination-log')).toBe(true)
  })

  test('runs up as nobody in particular, and says what it is and where it comes from', () => {
    const { User, Entrypoint, Cmd, Labels } = image.config
    expect({ User, Entrypoint, Cmd }).toEqual({
      User: '65532:65532',
      Entrypoint: ['node', '/lotse/lotse.js'],
      Cmd: ['up'],
    })
    expect(Labels).toMatchObject({
      'org.opencontainers.image.title': 'Lotse',
      'org.opencontainers.image.version': manifest.version,
      'org.opencontainers.image.source': manifest.homepage,
      'org.opencontainers.image.licenses': manifest.license,
      'org.opencontainers.image.base.name': 'localhost/node:24',
    })
  })

  test('makes a migrator image whose migrations are sealed, as the recipe says', async () => {
    const context = mkdtempSync(join(tmpdir(), 'lotse-sealing-'))
    cpSync('test/fixtures/shop/migrations-2', join(context, 'migrations'), { recursive: true })
    const [recipe = ''] = fenced(readFileSync('chart/recipes.md', 'utf8'), 'dockerfile')
    writeFileSync(join(context, 'Dockerfile'), recipe.replace(/^FROM .*/, 'FROM localhost/lotse:dev'))
    const archive = await must('test/cluster/load.sh', ['--build', 'localhost/sealed:dev', context])
    rmSync(context, { recursive: true })
    const sealed = await openImage(archive.trim())
    const head = (await sealed.head('migrations/lotse.seal', 200)).toString()
    sealed.close()
    expect(head).toMatch(
      /^Lotse seal, format 1, sha256:[0-9a-f]{64}\n\{"version":"[\d.]+","format":"lotse","amount":3,/,
    )
    expect(sealed.files.filter((path) => path.startsWith('migrations/'))).toEqual(['migrations/lotse.seal'])
    expect(sealed.config.User).toBe('65532:65532')
  })
})
