import { spawn, spawnSync } from 'node:child_process'
import { temporaryFolder } from './lotse.ts'

/** The bundle of Lotse 0.1.0 as its image carries it, without the Kubernetes client. */
const bundle = 'test/fixtures/earlier/lotse-0.1.0.tar.gz'

/** Runs commands of the earlier Lotse. */
export function earlierLotse() {
  const folder = temporaryFolder()
  const unpacked = spawnSync('tar', ['-xzf', bundle, '-C', folder], { encoding: 'utf8' })
  if (unpacked.status !== 0) throw new Error(`cannot unpack ${bundle}: ${unpacked.stderr}`)
  return (args: readonly string[], env: Record<string, string>) =>
    new Promise<{ code: number | null; output: string }>((resolve) => {
      const child = spawn(process.execPath, [`${folder}/lotse.js`, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => {
          output += chunk
        })
      }
      child.on('close', (code) => resolve({ code, output }))
    })
}
