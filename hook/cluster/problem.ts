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
