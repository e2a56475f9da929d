import { type Options, type Result, run } from './command.ts'
import type { Namespace } from './namespace.ts'

export type Helm = (args: readonly string[], options?: Options) => Promise<Result>

/** Helm, in a namespace. Throws when none was built: with.sh builds both, and a run of the stories names its own. */
export function helmIn(namespace: Namespace, program = process.env.LOTSE_HELM): Helm {
  if (!program) throw new Error('there is no Helm to run; use make test-e2e or make demo, which build it')
  return (args, options) => run(program, [...args, '--namespace', namespace.name], options)
}

/** Status of the newest revision of a release, as `helm status` says it. */
export async function releaseStatus(helm: Helm, release: string): Promise<string> {
  return JSON.parse((await helm(['status', release, '--output', 'json'])).stdout).info.status
}
