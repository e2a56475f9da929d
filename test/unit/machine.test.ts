import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

/** Sources what every script of the test cluster sources, on a machine that has only these programs. */
function startOn(programs: readonly string[], bsdTar = false): { status: number | null; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-machine-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of programs) symlinkSync(which(name), join(folder, name))
  if (bsdTar) writeFileSync(join(folder, 'tar'), '#!/bin/sh\necho bsdtar 3.5.3\n', { mode: 0o755 })
  const { status, stdout, stderr } = spawnSync(
    which('bash'),
    ['--norc', '-euc', '. test/cluster/environment.sh; echo fine'],
    {
      env: { PATH: folder, HOME: folder },
      encoding: 'utf8',
    },
  )
  return { status, output: stdout + stderr }
}
const which = (name: string): string => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim()
const enough = ['dirname', 'flock', 'tar', 'sed']

test('the scripts of the test cluster say in one sentence what a machine lacks for them', () => {
  expect(startOn(enough)).toEqual({ status: 0, output: 'fine\n' })
  const mac = startOn(['dirname', 'sed'], true)
  expect(mac.status).toBe(2)
  expect(mac.output).toBe(
    "cluster: error: this machine lacks flock, GNU tar; Linux has them, and on a Mac Homebrew's bash, flock and gnu-tar " +
      '(its gnubin folder) must come first in PATH\n',
  )
})
