import type { Namespace } from './namespace.ts'

export type Service = {
  /** What a path answers. */
  readonly get: <T>(path: string) => Promise<T>
  readonly post: <T>(path: string, body: object) => Promise<T>
}

/** A Service whose port is called `http` and which speaks JSON, asked through the API server. What is not answered with success throws. */
export function serviceOf(namespace: Namespace, name: string): Service {
  const below = (path: string): string => `services/${name}:http/proxy/${path.replace(/^\//, '')}`
  return {
    get: (path) => namespace.get('api/v1', below(path)),
    post: (path, body) => namespace.post('api/v1', below(path), body),
  }
}
