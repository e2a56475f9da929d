import { checksum } from '../migration/checksum.ts'
import { parseDirectives } from '../migration/directives.ts'
import type { Entry, Parts } from './format.ts'
import { unwrapped } from './transactions.ts'

/** What another tool's file says, by that tool's marks. */
export type Said = {
  readonly up: string
  /** What reverts it; undefined where nothing does. */
  readonly down?: string | undefined
  /** Whether it asks for no transaction. */
  readonly alone?: boolean
  readonly downAlone?: boolean
}

/**
 * What a file of another tool means to Lotse. Its marks say what Lotse's directives say, which it may have as well; a text that is wrapped
 * in BEGIN … COMMIT runs in Lotse's transaction, and so does its reversal.
 */
export function partsFrom({ file, downFile }: Entry, whole: string, said: Said, problems: string[]): Parts {
  const asked = parseDirectives(whole, file, problems)
  const text = asked.transaction ? unwrapped(said.up) : undefined
  const transaction = text !== undefined || (asked.transaction && !said.alone)
  if (downFile !== undefined) parseDirectives(said.down ?? '', downFile, problems)
  return {
    text: text ?? said.up,
    directives: { ...asked, transaction },
    down: said.down === undefined ? undefined : downOf(downFile ?? file, said),
  }
}

function downOf(file: string, { down = '', downAlone = false }: Said): NonNullable<Parts['down']> {
  const wrapped = unwrapped(down)
  const text = wrapped ?? (downAlone ? withoutTransaction(down) : down)
  return { file, text, checksum: checksum(text) }
}

/**
 * What reverts is stored alone, so it has to say itself that it needs no transaction: in its first line, where that is empty or a
 * comment, so that the places of errors stay true.
 */
export function withoutTransaction(text: string): string {
  const [first = ''] = text.split('\n', 1)
  const directive = '-- lotse: no-transaction'
  return /^\s*(?:--|$)/.test(first) ? directive + text.slice(first.length) : `${directive}\n${text}`
}

/** A version as a number, without leading zeros, as tools keep it that compare versions as numbers. */
export function numberOf(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '')
}

/** Source files that tools' folders hold beside migrations to embed them; a migration's name begins with its number. */
export function isBeside(file: string): boolean {
  return /^(?!\d).*\.(?:go|rs|toml|ya?ml|json|txt|lock)$|_test\.go$/.test(file)
}

/** The problem of a file that is nothing to a tool. */
export function stranger(file: string, tool: string, layout: string): string {
  return `${file.replace(/\/.*/, '')}: is not a migration of ${tool}, whose format this folder is read in; a migration is ${layout}`
}
