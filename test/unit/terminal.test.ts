import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { draw, failingChapter, wrap } from '../demo/terminal.ts'

const committed = readFileSync('test/demo/demo.svg', 'utf8')

/** The lines of a picture, as a reader sees them. */
const linesOf = (svg: string): string[] =>
  [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, text]) =>
    (text ?? '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
  )

test('the chapter in which Helm failed is shown, with its title, and the last line of the demo', () => {
  const output = [
    'cluster: node Ready',
    '━━━ 1. Install ━━━━━━',
    '',
    "Helm's exit code  0",
    '━━━ 2. Upgrade ━━━━━━',
    '',
    "Helm's exit code  1",
    'Requests so far   3 answered, 0 failed',
    '',
    '━━━ 3. Again ━━━━━━',
    "Helm's exit code  0",
    '━━━ The end ━━━━━━',
    '',
    'cluster: down after 3 s',
  ].join('\n')
  expect(failingChapter(output)).toEqual([
    '2. Upgrade',
    '',
    "Helm's exit code  1",
    'Requests so far   3 answered, 0 failed',
    '',
    'The end',
  ])
})

test('output without a Helm that failed is no demo', () => {
  expect(() => failingChapter("━━━ 1. Install ━━━\nHelm's exit code  0\n")).toThrow('no chapter')
})

test('a long line goes on below it at its own indentation, a word without spaces too', () => {
  expect(wrap(`    ${'a'.repeat(70)} ${'b'.repeat(70)}`)).toEqual([`    ${'a'.repeat(70)}`, `    ${'b'.repeat(70)}`])
  expect(wrap(`$ ${'a'.repeat(70)} ${'b'.repeat(70)}`)).toEqual([`$ ${'a'.repeat(70)}`, `  ${'b'.repeat(70)}`])
  expect(wrap('c'.repeat(150))).toEqual(['c'.repeat(116), `  ${'c'.repeat(34)}`])
  expect(wrap('d'.repeat(116))).toEqual(['d'.repeat(116)])
})

test('what XML has a meaning for is shown as it stands, spaces too', () => {
  const lines = ['where a < 1 and b > 2 & c', '  5 |    set discount', '    |                   ^']
  const svg = draw(lines)
  expect(svg).toContain('>where a &lt; 1 and b &gt; 2 &amp; c<')
  expect(svg).toContain('white-space: pre')
  expect(linesOf(svg)).toEqual(lines)
})

test('each line has its own height, and the picture is as high as all of them', () => {
  const svg = draw(Array.from({ length: 30 }, (_, at) => `line ${at}`))
  const heights = [...svg.matchAll(/<text x="20" y="(\d+)"/g)].map(([, y]) => Number(y))
  expect(new Set(heights).size).toBe(30)
  expect(Math.max(...heights)).toBeLessThan(Number(/height="(\d+)"/.exec(svg)?.[1]))
})

test('the picture in the repository is drawn by this script, shows the shop’s broken migration, and names no machine', () => {
  const lines = linesOf(committed)
  expect(draw(lines)).toBe(committed)
  const [file = ''] = readdirSync('test/fixtures/shop/migrations-3-broken').filter((name) => name.startsWith('004'))
  const shown = lines.join('\n')
  expect(shown).toContain(`Pending: ${file}`)
  for (const line of readFileSync(`test/fixtures/shop/migrations-3-broken/${file}`, 'utf8').trimEnd().split('\n'))
    expect(lines).toContain(line && `    ${line}`)
  expect(shown).toContain(`MigrationFailed: ${file}, line 5`)
  expect(shown).toContain('UPGRADE FAILED')
  expect(shown).not.toMatch(/\/(root|home|tmp|work|Users)\b/)
})
