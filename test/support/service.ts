import { must } from './command.ts'
import type { Namespace } from './namespace.ts'

export type Service = {
  /** What a path answers. */
  readonly get: <T>(path: string) => Promise<T>
  readonly post: <T>(path: string, body: object) => Promise<T>
}

/** A Service whose port is called `http` and which speaks JSON, asked through the API server. What is not answered with success throws. */
export function serviceOf(namespace: Namespace, name: string): Service {
  const url = (path: string): string =>
    `/api/v1/namespaces/${namespace.name}/services/${name}:http/proxy/${path.replace(/^\//, '')}`
  return {
    get: async (path) => JSON.parse(await must('kubectl', ['get', '--raw', url(path)])),
    post: async (path, body) =>
      JSON.parse(await must('kubectl', ['create', '--raw', url(path), '-f', '-'], { input: JSON.stringify(body) })),
  }
}
