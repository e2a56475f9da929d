import type { Env } from '../config/reader.ts'
import type { Entry, Folder, Format, Parts } from './format.ts'
import { assertVersions } from './pairs.ts'
import { isBeside, numberOf, partsFrom, stranger } from './parts.ts'
import { linesInQuotation, separate } from './sections.ts'

/**
 * goose: `N_name.sql` with the parts `-- +goose Up` and `-- +goose Down`, in the order of N as a number; `version` is the `version_id`
 * of `goose_db_version`. `NO TRANSACTION` counts for both parts, what stands between `StatementBegin` and `StatementEnd` needs no
 * semicolon, and between `ENVSUB ON` and `ENVSUB OFF` variables of the environment are filled in (goose docs, "Annotations"). A
 * `.go` with a number is a migration that only the program runs which has it.
 */
export const format: Format = { entriesOf, partsOf }

const mark = (words: string): RegExp => new RegExp(`^--\\s*\\+goose\\s+${words}\\s*$`, 'i')
const [up, down, end] = ['up', 'down', 'statementend'].map(mark) as [RegExp, RegExp, RegExp]
const [substituting, literal] = ['envsub\\s+on', 'envsub\\s+off'].map(mark) as [RegExp, RegExp]
const withoutTransaction = /^--\s*\+goose\s+no\s+transaction\s*$/im

function entriesOf({ files, problems }: Folder): Entry[] {
  const entries = files.flatMap((file): Entry[] => {
    const [, digits, ending] = /^(\d+)_.*\.(sql|go)$/.exec(file) ?? []
    if (digits === undefined || file.endsWith('_test.go')) {
      if (!isBeside(file)) problems.push(stranger(file, 'goose', 'a file N_name.sql or N_name.go'))
      return []
    }
    const only =
      ending === 'go' ? ({ kind: 'foreign', foreign: 'is a program in Go' } as const) : ({ kind: 'sql' } as const)
    return [{ name: file.replace(/\.(?:sql|go)$/, ''), file, version: numberOf(digits), ...only }]
  })
  assertVersions(entries, 'goose', problems)
  return entries
}

function partsOf(entry: Entry, whole: string, { problems, env }: Folder): Parts {
  const { file } = entry
  const lines = whole.split('\n')
  const inQuotation = linesInQuotation(whole)
  const first = (pattern: RegExp): number => lines.findIndex((line, index) => pattern.test(line) && !inQuotation(index))
  const [firstUp, firstDown] = [first(up), first(down)]
  if (firstUp < 0 || (firstDown >= 0 && firstDown < firstUp))
    problems.push(
      firstDown >= 0
        ? `${file}, line ${firstDown + 1}: has "-- +goose Down" but no "-- +goose Up" before it; start the file with that line`
        : `${file}: has no line "-- +goose Up", without which goose runs nothing of it; start the file with that line`,
    )
  const early = lines.slice(0, Math.max(0, firstUp)).findIndex((line) => line.trim() !== '' && !/^\s*--/.test(line))
  if (early >= 0) problems.push(`${file}, line ${early + 1}: stands before "-- +goose Up"; move it below that line`)
  const text = substituted(file, ended(lines, inQuotation), env, problems)
  const alone = withoutTransaction.test(whole)
  return partsFrom(entry, whole, { ...separate(text, { up, down }), alone, downAlone: alone }, problems)
}

/** With a semicolon where a statement ends by its mark alone; as long as it was. */
function ended(lines: readonly string[], inQuotation: (index: number) => boolean): string[] {
  return lines.map((line, index) => {
    if (!end.test(line) || inQuotation(index)) return line
    const before = lines.slice(0, index).findLast((each) => each.trim() !== '' && !/^\s*--/.test(each))
    return before === undefined || /;\s*(?:--.*)?$/.test(before)
      ? line
      : line.replace(/^--\s*/, (dashes) => `;${dashes.replace(/\s$/, '')}`)
  })
}

/** Fills in variables, line by line, as goose does by github.com/mfridman/interpolate. */
function substituted(file: string, lines: readonly string[], env: Env | undefined, problems: string[]): string {
  if (env === undefined || !lines.some((line) => substituting.test(line))) return lines.join('\n')
  let on = false
  return lines
    .map((line, index) => {
      if (substituting.test(line)) on = true
      else if (literal.test(line)) on = false
      return on ? expand(line, env, (what) => problems.push(`${file}, line ${index + 1}: ${what}`)) : line
    })
    .join('\n')
}

const variable = /\\\\|\\\$|\$\$|\$\(|\$(?:(\w+)|\{(\w+)(?:(:-|-|\?)((?:[^{}]|\{[^{}]*\})*))?\}|\{([^}]*)\}?)/g

/** `$NAME`, `${NAME}`, `${NAME:-word}` when unset or empty, `${NAME-word}` when unset, `${NAME?word}` an error; an unset variable is nothing. */
function expand(text: string, env: Env, problem: (what: string) => void): string {
  return text.replace(variable, (all, plain: string, braced: string, operator: string, word = '', unknown: string) => {
    if (all === '$$' || all === '\\$') return '$'
    if (all === '\\\\' || all === '$(') return all
    if (unknown !== undefined) {
      problem(
        `${all} is no variable that goose could fill in; write \${NAME}, \${NAME:-word}, \${NAME-word} or \${NAME?word}`,
      )
      return all
    }
    const value = env[plain ?? braced]
    if (operator === '?' && value === undefined)
      problem(`the variable ${braced} is not set${word ? ` (${word})` : ''}; set it in the environment of Lotse`)
    const missing = operator === ':-' ? !value : operator === '-' ? value === undefined : false
    return missing ? expand(word, env, problem) : (value ?? '')
  })
}
