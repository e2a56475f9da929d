import { spawn } from 'node:child_process'
import { until } from './command.ts'

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
