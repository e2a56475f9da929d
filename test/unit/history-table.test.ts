import { expect, test } from 'vitest'
import { besideHistory, historyTable } from '../../hook/database/lock.ts'

const beside = (table: string) => besideHistory(historyTable({ schema: 'public', table }), 'backfills')
const bytes = (sql: string) => Buffer.byteLength(sql.replace('"public".', '').replaceAll('"', ''))

test('a table beside the history has the name of the history and its subject', () => {
  expect(beside('lotse_history')).toMatch(/lotse_history_backfills"?$/)
  expect(beside('h'.repeat(53))).toMatch(/h{53}_backfills"?$/)
})

test.each([
  'h'.repeat(54),
  'h'.repeat(63),
  'ä'.repeat(31),
  `${'h'.repeat(43)}${'ü'.repeat(10)}`,
  `x${'😀'.repeat(15)}`,
])(
  'the history %s is too long for that: the name is cut to what PostgreSQL keeps, between two characters, and tells it from others',
  (table) => {
    const name = beside(table)
    expect(bytes(name)).toBeLessThanOrEqual(63)
    expect(name).not.toContain('\ufffd')
    expect(name).toMatch(/_[0-9a-f]{8}_backfills"?$/)
    const [first = ''] = table
    expect(beside(`${table.slice(0, -first.length)}y`)).not.toBe(name)
  },
)
