import pg from 'pg'
import { withoutQuotedSecrets } from '../sql/mask.ts'
import { offsetOfPosition, type PositionUnit } from '../sql/place.ts'
import { eachPiece } from '../sql/split.ts'
import { isSqlError, MessageError } from './errors.ts'

export type Notice = { readonly severity: string; readonly message: string }

/** A row with its columns, in their order: two may have the same name. */
export type Row = {
  readonly values: readonly unknown[]
  readonly columns: readonly { readonly name: string; readonly dataTypeID: number }[]
}

/** What goes out as one message of the simple protocol: a text, with statements of our own before and after it. */
export type Message = {
  readonly before?: readonly string[]
  readonly text?: string
  readonly after?: readonly string[]
}

/**
 * Sends a message. The rows that it returns are shown to `onRow` and dropped. Rejects with a MessageError that says which part failed and where in the text.
 * `unit` is what the server counts positions in.
 */
export async function sendMessage(
  client: pg.Client,
  message: Message,
  unit: PositionUnit,
  onNotice: (notice: Notice) => void,
  onRow: (row: Row) => void = () => {},
): Promise<void> {
  const { before = [], text = '', after = [] } = message
  const follows = text !== '' || after.length > 0
  const opening = before.length > 0 ? `${before.join('; ')}${follows ? ';\n' : ''}` : ''
  // On a line of its own: the text may end in a comment.
  const closing = after.length > 0 ? `\n;\n${after.join(';\n')}` : ''
  const sql = opening + text + closing
  let ended = 0
  const count = (): void => void ended++
  const notice = ({
    severity = 'NOTICE',
    message = '',
  }: {
    severity?: string | undefined
    message?: string | undefined
  }): void => onNotice({ severity, message: withoutQuotedSecrets(message) })
  client.connection.on('commandComplete', count)
  client.on('notice', notice)
  try {
    const query = client.query(new pg.Query({ text: sql, rowMode: 'array' } as pg.QueryConfig))
    // A listener for rows keeps pg from collecting what a SELECT in a migration returns.
    query.on('row', (values: unknown, result) => onRow({ values: values as unknown[], columns: result?.fields ?? [] }))
    await new Promise<void>((resolve, reject) => {
      query.on('end', () => resolve())
      query.on('error', reject)
    })
  } catch (error) {
    const position = isSqlError(error) && error.position ? Number(error.position) : undefined
    const offset = position === undefined ? undefined : offsetOfPosition(sql, position, unit) - opening.length
    throw new MessageError(partOf(message, ended, offset), ended, error)
  } finally {
    client.connection.off('commandComplete', count)
    client.off('notice', notice)
  }
}

/** The part that failed: where the server gives an offset in the text, by that; else by how many statements had ended. */
function partOf(
  { before = [], text = '', after = [] }: Message,
  ended: number,
  offset: number | undefined,
): Pick<MessageError, 'part' | 'completed' | 'offset'> {
  const inText = ended - before.length
  if (offset !== undefined && offset >= 0 && (offset < text.length || after.length === 0) && text !== '')
    return { part: 'text', completed: Math.max(0, inText), offset }
  if (inText < 0) return { part: 'before', completed: ended, offset: undefined }
  const statements = after.length > 0 ? countPieces(text) : Number.POSITIVE_INFINITY
  if (inText < statements && text !== '') return { part: 'text', completed: inText, offset: undefined }
  return { part: 'after', completed: text === '' ? inText : inText - statements, offset: undefined }
}

function countPieces(text: string): number {
  let count = 0
  for (const _ of eachPiece(text)) count++
  return count
}
