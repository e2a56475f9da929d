import { replaceQuoted } from './quote.ts'
import { piecesOf } from './split.ts'

/** Lines that begin inside a string or a block comment, such as those of a function's body. */
export function linesInQuotation(text: string): (index: number) => boolean {
  const shown = replaceQuoted(text, (quotation, opening) =>
    opening === '--' ? quotation : quotation.replaceAll('\n', '\r'),
  ).split('\n')
  let at = 0
  const beginnings = new Set(
    shown.map((line) => {
      const first = at
      at += line.split('\r').length
      return first
    }),
  )
  return (index) => !beginnings.has(index)
}

/** A comment that is nothing but a word for the way back: `-- undo`, `-- //@UNDO`, `/* ROLLBACK` in a block comment, `-- === Revert script ===`. */
const wayBack =
  /^\s*(?:--|#|\/\*)[\s\-=*#/!@+:>[\]()<]*(?:downs?|undo|revert|reverse|roll\s?back|downgrade|backwards?|drop below)(?:\s+(?:migrations?|script|sql|section|part|steps?|below|changes?))?[\s\-=*#/!@:.<>[\]()]*$/i

/** One look, which spares nearly all files the rest. */
const mayBeMarked =
  /^[ \t]*(?:--|#|\/\*)[^\n\w]*(?:downs?|undo|revert|reverse|roll ?back|downgrade|backwards?|drop below)\b/im

/**
 * The line, from one, that marks what follows as the way back in words that no known tool uses, with statements before and after it.
 * What stands after it is never run unasked.
 */
export function reversalMark(text: string): { readonly line: number; readonly mark: string } | undefined {
  if (!mayBeMarked.test(text)) return undefined
  const lines = text.split('\n')
  const inQuotation = linesInQuotation(text)
  const index = lines.findIndex((line, at) => wayBack.test(line) && !inQuotation(at))
  if (index < 0) return undefined
  const [before, after] = [lines.slice(0, index), lines.slice(index + 1)].map((part) => piecesOf(part.join('\n')))
  return before?.length && after?.length ? { line: index + 1, mark: lines[index]?.trim() ?? '' } : undefined
}
