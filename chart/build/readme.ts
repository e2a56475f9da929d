// The part of chart/README.md that is made from chart/values.yaml: a section for each key, a row for each value. `make docs` runs this file.
import { readFileSync, writeFileSync } from 'node:fs'
import { isMap, parseDocument, stringify, type YAMLMap } from 'yaml'

/** What the comment above a key says. Only a value's begins with `# --`; a group's introduces what is below it. */
type Comment = { readonly ofValue: boolean; readonly text: string; readonly example: string }
type Entry = {
  readonly path: string
  readonly comment: Comment
  readonly value: unknown
  readonly below: YAMLMap | undefined
}

const [begin, end] = ['<!-- from values.yaml: make docs -->', '<!-- end -->']
const head = ['| value | default | what |', '|---|---|---|']

/** The README with its reference made anew. Throws when the two marks around it are not there. */
export function readmeFor(readme: string, values: string): string {
  const [before, rest] = readme.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`chart/README.md lacks ${begin} or ${end}`)
  return `${before}${begin}\n\n${reference(values)}\n\n${end}${after}`
}

function reference(values: string): string {
  const lines = values.split('\n')
  const { contents } = parseDocument(values)
  if (!isMap(contents)) throw new Error('chart/values.yaml is not a map')
  const top = entries(contents, '', lines)
  // Single values at the top share a table, unless an example makes one of them a section.
  const single = top.filter(({ below, comment }) => below === undefined && comment.example === '')
  const sections = top.filter((entry) => !single.includes(entry)).map((entry) => section(entry, lines))
  const about = commentAbove(lines, lines.indexOf('')).text
  return [about, '### Names', table(single, lines), ...sections].join('\n\n')
}

function section({ path, comment, value, below }: Entry, lines: readonly string[]): string {
  const title = `### ${path}`
  if (below) return [title, comment.text, table(entries(below, path, lines), lines)].filter(Boolean).join('\n\n')
  const example = comment.example && `\`\`\`yaml\n${comment.example}\n\`\`\``
  return [title, comment.text, example, `The default is ${code(value)}.`].filter(Boolean).join('\n\n')
}

const table = (all: readonly Entry[], lines: readonly string[]): string =>
  [...head, ...all.flatMap((entry) => rows(entry, lines))].join('\n')

/** The row of a value; of a group what introduces it, then the rows of its values. */
function rows({ path, comment, value, below }: Entry, lines: readonly string[]): readonly string[] {
  const what = comment.text.replaceAll('\n', ' ').replaceAll('|', '\\|')
  if (!below) return [`| \`${path}\` | ${code(value).replaceAll('|', '\\|')} | ${what} |`]
  const group = what ? [`| \`${path}\` | | ${what} |`] : []
  return [...group, ...entries(below, path, lines).flatMap((entry) => rows(entry, lines))]
}

const code = (value: unknown): string =>
  `\`${stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim()}\``

function entries(map: YAMLMap, at: string, lines: readonly string[]): readonly Entry[] {
  return map.items.map(({ key, value }) => {
    const { range, value: name } = key as { readonly range: readonly [number]; readonly value: string }
    const comment = commentAbove(lines, lines.join('\n').slice(0, range[0]).split('\n').length - 1)
    const below = !comment.ofValue && isMap(value) && value.flow !== true ? value : undefined
    return { path: at ? `${at}.${name}` : name, comment, value: isMap(value) ? value.toJSON() : value, below }
  })
}

/** The comment that ends above a line. From a line that is nothing but a key on, it is an example. */
function commentAbove(lines: readonly string[], line: number): Comment {
  let first = line
  while (lines[first - 1]?.trimStart().startsWith('#')) first -= 1
  const all = lines.slice(first, line).map((each) => each.trimStart().replace(/^# ?/, ''))
  const start = all.findIndex((each) => /^[a-z]+:$/.test(each))
  const [told, example] = start < 0 ? [all, []] : [all.slice(0, start), all.slice(start)]
  const text = told.join('\n').replace(/^-- /, '')
  return { ofValue: all[0]?.startsWith('-- ') ?? false, text, example: example.join('\n') }
}

if (import.meta.main) {
  const made = readmeFor(readFileSync('chart/README.md', 'utf8'), readFileSync('chart/values.yaml', 'utf8'))
  writeFileSync('chart/README.md', made)
}
