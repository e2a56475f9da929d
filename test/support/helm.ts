import { type Options, type Result, run } from './command.ts'
import type { Namespace } from './namespace.ts'

/** The two Helms that Lotse promises to work with; with.sh builds them. */
export const helms = ['LOTSE_HELM3', 'LOTSE_HELM4'] as const

export type Helm = (args: readonly string[], options?: Options) => Promise<Result>

/** Helm of one version, in a namespace. Throws when it was not built. */
export function helmOf(variable: (typeof helms)[number], namespace: Namespace): Helm {
  const program = process.env[variable]
  if (!program) throw new Error(`${variable} is not set; run this by make test-e2e, which builds Helm`)
  return (args, options) => run(program, [...args, '--namespace', namespace.name], options)
}

/** Status of the newest revision of a release, as `helm status` says it. */
export async function releaseStatus(helm: Helm, release: string): Promise<string> {
  return JSON.parse((await helm(['status', release, '--output', 'json'])).stdout).info.status
}
