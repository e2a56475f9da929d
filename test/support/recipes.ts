// The recipes of the chart's pages as things to render. A block's first line is a comment that names the file it would be.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export type Block = { readonly file: string; readonly text: string }
export type Recipe = { readonly title: string; readonly text: string; readonly blocks: readonly Block[] }
/** What to give to `helm template`: this chart with the values of one block, or a parent chart made of all blocks of its recipe. */
export type Example = { readonly name: string; readonly chart: string; readonly values: readonly string[] }

export const pages = ['chart/recipes.md', 'chart/coming-from.md', 'chart/changing-a-schema.md'] as const
export type Page = (typeof pages)[number]

export function readRecipes(page: Page): readonly Recipe[] {
  const [, ...parts] = readFileSync(page, 'utf8').split(/^## /m)
  return parts.map((part) => {
    const [title = ''] = part.split('\n')
    return { title, text: part, blocks: fenced(part, 'yaml').map((text) => ({ file: fileOf(text), text })) }
  })
}

/** What is in the blocks of a language. */
export const fenced = (text: string, language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]+?)^\`\`\`$`, 'gm'))].map(([, block = '']) => block)

const fileOf = (text: string): string => /^# (\S+)\n/.exec(text)?.[1] ?? ''

/** Writes every example of a page into a folder of the recipe's own below `folder`. */
export function writeExamples(folder: string, page: Page): readonly Example[] {
  return readRecipes(page).flatMap(({ title, blocks }) => {
    const into = join(folder, title.replaceAll(/\W+/g, '-').toLowerCase())
    if (blocks.some(({ file }) => file === 'Chart.yaml')) {
      for (const { file, text } of blocks) write(join(into, file), text)
      cpSync('chart', join(into, 'charts', 'lotse'), { recursive: true })
      return [{ name: title, chart: into, values: [] }]
    }
    const values = blocks.filter(({ file }) => file === 'values.yaml')
    return values.map(({ text }, index) => {
      const file = write(join(into, `values-${index + 1}.yaml`), text)
      const name = values.length > 1 ? `${title}, ${index + 1} of ${values.length}` : title
      return { name, chart: 'chart', values: ['--values', file] }
    })
  })
}

/** A folder with every example of these pages in it, and what removes it. */
export function examples(of: readonly Page[]): { readonly all: readonly Example[]; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-recipes-'))
  return { all: of.flatMap((page) => writeExamples(folder, page)), remove: () => rmSync(folder, { recursive: true }) }
}

function write(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}
