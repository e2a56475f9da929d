import { opensString, replaceQuoted } from '../migration/quoted.ts'

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
