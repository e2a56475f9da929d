import { checksum } from '../migration/checksum.ts'
import { none, parseDirectives } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'

/** Words without which a file has no directive and no mark of another tool: one look instead of five for most files. */
const notable = /lotse|migrat|goose|micrate|--!/i

/** What a file says of itself: how to run it, and what reverts it. */
export function partsOf(
  whole: string,
  kind: Migration['kind'],
  file: string,
  downFile: string | undefined,
  read: (file: string) => string,
  problems: string[],
): Pick<Migration, 'text' | 'directives' | 'down'> {
  if (downFile === undefined && !notable.test(whole)) return { text: whole, directives: none, down: undefined }
  const { up, down } = kind === 'sql' ? splitSections(whole, file, problems) : { up: whole, down: undefined }
  if (down !== undefined && downFile !== undefined) {
    problems.push(`${file}: reverts itself, and so does ${downFile}; keep one`)
  }
  const asked = parseDirectives(whole, file, problems)
  const transaction = asked.transaction && !(kind === 'sql' && asksForNoTransaction(up))
  // goose says it once, for both parts; dbmate says it of each part.
  const alike = asked.transaction && !/goose\s+no\s+transaction/i.test(up)
  const text = downFile === undefined ? sectionDown(down, alike) : read(downFile)
  if (downFile !== undefined) parseDirectives(text ?? '', downFile, problems)
  return {
    text: up,
    directives: { ...asked, transaction },
    down: text === undefined ? undefined : { file: downFile ?? file, text, checksum: checksum(text) },
  }
}

/** The part of a file that reverts is stored alone, so it has to say itself when it needs no transaction. */
function sectionDown(text: string | undefined, transaction: boolean): string | undefined {
  const alone = text !== undefined && (!transaction || asksForNoTransaction(text))
  return alone ? text.replace(/^/, '-- lotse: no-transaction') : text
}

/** The two directions of a file that holds both, each with the other's lines left empty so that line numbers stay true. */
export type Sections = { readonly up: string; readonly down: string | undefined }

/** How node-pg-migrate, dbmate, goose, sql-migrate and micrate mark the directions inside one file. */
const marker = (direction: string): RegExp =>
  new RegExp(
    `^\\s*--[\\s-]*(${direction}\\s+migration\\s*$|migrate:${direction}\\b|\\+(goose|migrate|micrate)\\s+${direction}\\b)`,
    'i',
  )
const [upMarker, downMarker] = [marker('up'), marker('down')]

/** Spares the files without any of it, which are nearly all. */
const suspicious = /migrat|goose|micrate/i

/** Other tools' way to say no-transaction: goose, graphile-migrate, dbmate. */
const withoutTransaction =
  /^--\s*(\+goose\s+no\s+transaction|!\s*no-transaction|migrate:(up|down)\b.*\btransaction:\s*false)/im

/**
 * Separates the directions of a file that has both; run as a whole it would revert itself at once. Any other file is all `up`.
 * Adds to `problems` when a part is marked and the other cannot be told from it.
 */
export function splitSections(text: string, file: string, problems: string[]): Sections {
  const whole = { up: text, down: undefined }
  if (!suspicious.test(text)) return whole
  const lines = text.split('\n')
  const [firstUp, firstDown] = [upMarker, downMarker].map((each) => lines.findIndex((line) => each.test(line))) as [
    number,
    number,
  ]
  if (firstDown < 0) return whole
  if (firstUp < 0 || firstDown < firstUp) {
    problems.push(
      `${file}, line ${firstDown + 1}: marks what reverts it, but no line before marks what applies it; begin the file with the up marker`,
    )
    return whole
  }
  let inDown = false
  const up: string[] = []
  const down: string[] = []
  for (const line of lines) {
    if (downMarker.test(line)) inDown = true
    else if (upMarker.test(line)) inDown = false
    up.push(inDown ? '' : line)
    down.push(inDown ? line : '')
  }
  if (!up.some(saysSomething)) problems.push(`${file}: its up part is empty; write the SQL or delete the file`)
  return { up: up.join('\n'), down: down.join('\n') }
}

function saysSomething(line: string): boolean {
  return line.trim() !== '' && !line.trim().startsWith('--')
}

/** Whether a part asks for no transaction in another tool's words. */
export function asksForNoTransaction(text: string): boolean {
  return suspicious.test(text) || text.includes('--!') ? withoutTransaction.test(text) : false
}
