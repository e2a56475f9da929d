import pg from 'pg'

export type Notice = { readonly severity: string; readonly message: string }

/** A script that failed after `completed` of its statements had ended; `tags` are what the server called them, in their order. */
export class ScriptError extends Error {
  readonly completed: number
  readonly tags: readonly string[]

  constructor(completed: number, tags: readonly string[], cause: unknown) {
    super('a statement of the script failed', { cause })
    this.completed = completed
    this.tags = tags
  }
}

/** Sends several statements as one message of the simple protocol, and notes those that end. */
export async function runScript(client: pg.Client, sql: string, onNotice: (notice: Notice) => void): Promise<void> {
  const tags: string[] = []
  const count = ({ text }: { text: string }): void => void tags.push(text)
  const notice = ({
    severity = 'NOTICE',
    message = '',
  }: {
    severity?: string | undefined
    message?: string | undefined
  }): void => onNotice({ severity, message })
  client.connection.on('commandComplete', count)
  client.on('notice', notice)
  try {
    const query = client.query(new pg.Query(sql))
    // A listener for rows keeps pg from collecting what a SELECT in a migration returns.
    query.on('row', () => {})
    await new Promise<void>((resolve, reject) => {
      query.on('end', () => resolve())
      query.on('error', reject)
    })
  } catch (error) {
    throw new ScriptError(tags.length, tags, error)
  } finally {
    client.connection.off('commandComplete', count)
    client.off('notice', notice)
  }
}
