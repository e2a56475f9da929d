import { expect, test } from 'vitest'
import { withoutSecrets } from '../../hook/sql/mask.ts'
import { excerpt, locate, offsetOfPosition } from '../../hook/sql/place.ts'

const text = 'select 1;\nä🦀 select\n\nend'

test.each([
  [0, 1, 1],
  [9, 1, 10],
  [10, 2, 1],
  [13, 2, 3],
  [21, 3, 1],
  [22, 4, 1],
])('offset %i is at line %i, column %i', (offset, line, column) => {
  expect(locate(text, offset)).toEqual({ line, column, text: text.split('\n')[line - 1] })
})

test('a position in characters or bytes becomes an offset in UTF-16 units', () => {
  for (const [offset] of [...text].map((_, index) => [[...text].slice(0, index).join('').length])) {
    const before = text.slice(0, offset)
    expect(offsetOfPosition(text, [...before].length + 1)).toBe(offset)
    expect(offsetOfPosition(text, Buffer.byteLength(before) + 1, 'bytes')).toBe(offset)
  }
  expect(offsetOfPosition(text, 1_000)).toBe(text.length)
})

test('of a very long line only the part around the caret is shown', () => {
  const line = `${'🦀'.repeat(500)}x${'ä'.repeat(500)}`
  const [shown = '', caret = ''] = excerpt(locate(line, 1_000))
  expect([...shown].length).toBe('1 | '.length + 100)
  expect([...shown][caret.indexOf('^')]).toBe('x')
})

test('secrets are masked in any part of a text as in the whole', () => {
  const sql = `select 'shown';\ncreate role a password 'hidden' login;\n-- a token 'kept'\nselect 'ü', 'secret';`
  const whole = withoutSecrets(sql)
  expect(whole).toHaveLength(sql.length)
  expect(whole).not.toContain('hidden')
  expect(whole).toContain("'shown'")
  for (let from = 0; from <= sql.length; from++)
    for (let to = from; to <= sql.length; to += 7) expect(withoutSecrets(sql, from, to)).toBe(whole.slice(from, to))
})
