import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { until } from './command.ts'
import { type Helm, helmHome } from './helm.ts'

export type Registry = {
  /** 127.0.0.1 and a port; it speaks plain HTTP and keeps everything in memory. */
  readonly address: string
  readonly stop: () => void
}

/** Starts an OCI registry on a free loopback port. It ends with this process, however that ends. */
export async function startRegistry(program = process.env.LOTSE_REGISTRY): Promise<Registry> {
  if (!program) throw new Error('there is no registry to run; use make test-e2e, which builds it')
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  let [output, ended] = ['', '']
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.on('error', (error) => {
    ended = error.message
  })
  child.on('exit', (code) => {
    ended = `exit code ${code}`
  })
  const address = await until(
    'the registry says where it is',
    async () => {
      if (ended) throw new Error(`the registry ${program} ended: ${ended}`)
      return /^serving on (\S+)$/m.exec(output)?.[1]
    },
    20_000,
  )
  return { address, stop: () => child.stdin.end() }
}

/** Packages this chart and pushes it, as its release does; returns its `oci://` address. */
export async function publishChart({ address }: Registry, helm: Helm): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-chart-'))
  const env = helmHome(folder)
  try {
    for (const args of [
      ['package', 'chart', '--destination', folder],
      ['push', join(folder, `lotse-${chartVersion()}.tgz`), `oci://${address}/charts`, '--plain-http'],
    ]) {
      const { code, output } = await helm(args, { env })
      if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}:\n${output}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return `oci://${address}/charts/lotse`
}

export const chartVersion = (): string => parse(readFileSync('chart/Chart.yaml', 'utf8')).version
