import { opensString, replaceQuoted } from './quote.ts'
import { eachPiece } from './split.ts'

/** Words by which a statement may tell a secret: CREATE ROLE, CREATE USER MAPPING, CREATE SUBSCRIPTION, an INSERT into a table of users. */
const secretive = /passw|secret|token|credential|encrypted|connection/i

/**
 * A part of a text, from one offset to another, with every string masked in the statements that may tell a secret. It is as long as
 * it was: places in it stay true. Only what stands in the part is copied.
 */
export function withoutSecrets(text: string, from = 0, to = text.length): string {
  if (!secretive.test(text)) return text.slice(from, to)
  let masked = ''
  for (const { offset, sql } of eachPiece(text)) {
    const [start, end] = [Math.max(offset, from), Math.min(offset + sql.length, to)]
    if (start >= end || !secretive.test(sql)) continue
    masked += text.slice(from + masked.length, start)
    masked += replaceQuoted(sql, maskString).slice(start - offset, end - offset)
  }
  return masked + text.slice(from + masked.length, to)
}

function maskString(quotation: string, opening: string): string {
  if (!opensString(opening)) return quotation
  const end = quotation.length - (quotation.length > opening.length ? closingOf(quotation, opening) : 0)
  const inner = quotation.slice(opening.length, end)
  // A body is SQL itself, and its other statements are worth showing.
  const hidden = opening.startsWith('$') && /\s/.test(inner) ? withoutSecrets(inner) : inner.replace(/[^\n]/g, '•')
  return opening + hidden + quotation.slice(end)
}

function closingOf(quotation: string, opening: string): number {
  const closing = opening.startsWith('$') ? opening : "'"
  return quotation.endsWith(closing) ? closing.length : 0
}

/** A line with `PASSWORD 'secret'` masked character by character, so that a caret below it stays where it points. */
export function withoutPasswords(line: string): string {
  return line.replace(
    /(password\s*=?\s*)'([^']*)'/gi,
    (_, before: string, secret: string) => `${before}'${secret.replace(/./gsu, '•')}'`,
  )
}

/**
 * Masks what may be a secret in a message, detail or notice of PostgreSQL: strings that it quotes beside a word like "password", the
 * values of a key with such a column, and in a failing row everything but what identifies a row: numbers, dates, UUIDs and NULL.
 */
export function withoutQuotedSecrets(message: string): string {
  const shown = withoutRow(withoutKey(message.replace(/(near ")(e?'|\$)[\s\S]*"/gi, `$1'…'"`)))
  return secretive.test(shown) ? shown.replace(/'(?:[^']|'')*(?:'|$)|(\$\w*\$)[\s\S]*?\1/g, "'…'") : shown
}

/** "Key (token)=(abc) already exists." (ri_triggers.c, nbtinsert.c, execIndexing.c): one for each key that it names. */
function withoutKey(detail: string): string {
  return detail.replace(
    /([Kk]ey \()(.*?)(\)=\()([\s\S]*?)(\)(?= (?:already|is|conflicts)\b|\.?$))/g,
    (key: string, before: string, columns: string, between: string, _: string, after: string) =>
      secretive.test(columns) ? `${before}${columns}${between}…${after}` : key,
  )
}

/** "Failing row contains (7, abc, null)." (execMain.c ExecBuildSlotValueDescription) has no names of columns to judge by. */
function withoutRow(detail: string): string {
  return detail.replace(
    /(Failing row contains \()([\s\S]*)(\))/,
    (_, before: string, row: string, after: string) =>
      before +
      row
        .split(', ')
        .map((value) => (identifying.test(value) ? value : '…'))
        .join(', ') +
      after,
  )
}

const identifying = /^(null|[tf]|-?\d+(\.\d+)?|\d{4}-\d\d-\d\d([ T][\d:.+-]+)?|[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12})$/

/**
 * The text of somebody's query as it may be shown: on one line, every string literal masked, since it may hold a password or a
 * person's data. Of Lotse's own messages only the remark is shown that says which file they belong to.
 */
export function publicQuery(text: string): string {
  const own = /^\/\* (lotse: .*?) \*\//.exec(text)?.[1]
  if (own) return own
  const masked = replaceQuoted(text, (quotation, opening) => {
    if (opensString(opening)) return opening.startsWith('$') ? `${opening}…${opening}` : "'…'"
    // A statement that somebody commented out.
    if (opening !== '"' && quotation.includes("'")) return opening === '/*' ? '/*…*/' : '--…\n'
    return quotation
  })
  return masked
    .replace(/('…')+/g, "'…'")
    .replace(/\s+/g, ' ')
    .trim()
}
