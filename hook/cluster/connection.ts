import type { AppsV1Api, BatchV1Api, CoreV1Api, KubeConfig, RequestContext } from '@kubernetes/client-node'
import { Failure } from '../failure.ts'

type RequestOptions = NonNullable<Parameters<CoreV1Api['listNamespacedPod']>[1]>

/** A Kubernetes API to ask. Nothing is sent until something is asked. */
export type Connection = {
  readonly apps: AppsV1Api
  readonly batch: BatchV1Api
  readonly core: CoreV1Api
  /** The namespace of the pod, or of the kubeconfig's context. */
  readonly namespace: string
  /** Makes one request give up after so many milliseconds. */
  readonly within: (milliseconds: number) => RequestOptions
}

/**
 * Finds the Kubernetes API as kubectl does: KUBECONFIG, ~/.kube/config, then the pod's ServiceAccount token.
 * Throws ConfigInvalid when there is none, or the kubeconfig cannot be read.
 */
export async function connectCluster(): Promise<Connection> {
  const client = await import('./client.ts')
  const config = new client.KubeConfig()
  try {
    config.loadFromDefault()
  } catch (cause) {
    throw unknownCluster(`the kubeconfig cannot be read: ${(cause as Error).message}`, cause)
  }
  const cluster = config.getCurrentCluster()
  if (!cluster) throw unknownCluster(`the kubeconfig has no context "${config.getCurrentContext()}" with a cluster`)
  // What client-node falls back to when it has found nothing.
  if (cluster.name === 'cluster' && cluster.server === 'http://localhost:8080')
    throw unknownCluster('no Kubernetes API is configured: there is neither a kubeconfig nor a ServiceAccount token')
  return {
    apps: config.makeApiClient(client.AppsV1Api),
    batch: config.makeApiClient(client.BatchV1Api),
    core: config.makeApiClient(client.CoreV1Api),
    namespace: namespaceOf(config),
    within: (milliseconds) => timeLimit(client, milliseconds),
  }
}

/** A middleware that makes one request give up after so many milliseconds. */
function timeLimit({ Observable }: typeof import('./client.ts'), milliseconds: number): RequestOptions {
  const pass = <T>(value: T) => new Observable(Promise.resolve(value))
  const pre = (request: RequestContext) => {
    request.setSignal(AbortSignal.timeout(Math.ceil(milliseconds)))
    return pass(request)
  }
  return { middleware: [{ pre, post: pass }], middlewareMergeStrategy: 'append' }
}

function namespaceOf(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace || 'default'
}

function unknownCluster(summary: string, cause?: unknown): Failure {
  return new Failure('ConfigInvalid', {
    summary,
    state: ['Nothing was done.'],
    remedy:
      'in a pod mount a ServiceAccount token into this container (automountServiceAccountToken, or a projected volume); elsewhere set KUBECONFIG',
    cause,
  })
}

/** Why the Kubernetes API did not do what it was asked. */
export type Problem = {
  /** The HTTP status of its answer; undefined when there was none. */
  readonly status: number | undefined
  readonly message: string
}

/** Reads the problem out of what client-node throws; the message is the API's own sentence, without headers. */
export function problemOf(error: unknown): Problem {
  if (typeof error !== 'object' || error === null) return { status: undefined, message: String(error) }
  if ('code' in error && typeof error.code === 'number' && 'body' in error) {
    return { status: error.code, message: messageIn(error.body) ?? `HTTP ${error.code}` }
  }
  // fetch says "fetch failed" and keeps what happened in its cause; a host with two addresses has a cause for each.
  const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  const timedOut = first instanceof Error && first.name === 'TimeoutError'
  return { status: undefined, message: timedOut ? 'no answer in time' : (first as Error).message }
}

/** The sentence in a Status object, which comes parsed or as text. */
function messageIn(body: unknown): string | undefined {
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message)
  if (typeof body !== 'string') return undefined
  try {
    return messageIn(JSON.parse(body))
  } catch {
    return body.trim().split('\n')[0] || undefined
  }
}
