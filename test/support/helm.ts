import { join } from 'node:path'
import { type Options, type Result, run } from './command.ts'
import type { Namespace } from './namespace.ts'

export type Helm = (args: readonly string[], options?: Options) => Promise<Result>

/** Helm, in a namespace. Throws when none was built: with.sh builds both, and a run of the stories names its own. */
export function helmIn(namespace: Namespace, program = process.env.LOTSE_HELM, env = {}): Helm {
  if (!program) throw new Error('there is no Helm to run; use make test-e2e or make demo, which build it')
  return (args, options) => run(program, [...args, '--namespace', namespace.name], { env, ...options })
}

/** The environment in which Helm keeps everything below a folder, and reads and writes nothing of the user's. */
export function helmHome(folder: string): Record<string, string> {
  return {
    HELM_CACHE_HOME: join(folder, 'cache'),
    HELM_CONFIG_HOME: join(folder, 'config'),
    HELM_DATA_HOME: join(folder, 'data'),
    HELM_REGISTRY_CONFIG: join(folder, 'registry.json'),
    HELM_REPOSITORY_CONFIG: join(folder, 'repositories.yaml'),
    HELM_REPOSITORY_CACHE: join(folder, 'repositories'),
    DOCKER_CONFIG: folder,
  }
}

/** Status of the newest revision of a release, as `helm status` says it. */
export async function releaseStatus(helm: Helm, release: string): Promise<string> {
  return JSON.parse((await helm(['status', release, '--output', 'json'])).stdout).info.status
}
