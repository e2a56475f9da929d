import { checksum } from '../migration/checksum.ts'
import { none, parseDirectives } from '../migration/directives.ts'
import type { Migration } from '../migration/migration.ts'
import { nameOf } from '../migration/name.ts'
import { mayBeMarked, splitSections } from './sections.ts'

/** Words without which a file has no directive and no mark of another tool: one look instead of five for most files. */
const notable = /lotse|--!/i

/** What a file says of itself: how to run it, and what reverts it. */
export function partsOf(
  whole: string,
  kind: Migration['kind'],
  file: string,
  downFile: string | undefined,
  read: (file: string) => string,
  problems: string[],
): Pick<Migration, 'text' | 'directives' | 'down'> {
  if (downFile === undefined && !notable.test(whole) && !mayBeMarked.test(whole))
    return { text: whole, directives: none, down: undefined }
  const { up, down } = kind === 'sql' ? splitSections(whole, file, problems) : { up: whole, down: undefined }
  if (down !== undefined && downFile !== undefined) {
    const line = down.split('\n').findIndex((each) => each.trim() !== '') + 1
    problems.push(
      `${file}, line ${line}: what reverts it begins here, and ${downFile} reverts it too; delete the file, or this part`,
    )
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

/** Other tools' way to say no-transaction: goose, graphile-migrate, dbmate. */
const withoutTransaction =
  /^--\s*(\+goose\s+no\s+transaction|!\s*no-transaction|migrate:(up|down)\b.*\btransaction:\s*false)/im

/** Whether a part asks for no transaction in another tool's words. */
function asksForNoTransaction(text: string): boolean {
  return /migrat|goose|--!/i.test(text) && withoutTransaction.test(text)
}

/** A file that by its name reverts a migration: Lotse's and golang-migrate's .down, postgrator's .undo, .revert, .rollback, Flyway's U1__. */
const reversal = /\.(?:down|undo|revert|rollback)(?=\.sql$)|(?<=^\d+)\.undo(?=\.)|^U(?=\d[\d._]*__)/

/** Whether this SQL file is meant to revert a migration, and so never to be applied. */
export function isReversal(file: string): boolean {
  return file.endsWith('.sql') && reversal.test(file)
}

/** Which of the folder's migrations such a file reverts, by name; undefined when none fits. */
export function revertedBy(file: string, names: ReadonlySet<string>): string | undefined {
  const version = /^U(\d[\d._]*?)__/.exec(file)?.[1]
  // Flyway pairs by version; the descriptions may differ.
  if (version) return [...names].find((name) => name.startsWith(`V${version}__`))
  return ['', '.do'].map((word) => nameOf(file.replace(reversal, word))).find((name) => names.has(name))
}
