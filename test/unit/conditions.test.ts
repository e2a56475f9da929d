import { describe, expect, test } from 'vitest'
import { readMigrations } from '../../hook/folder/read.ts'
import { checksum } from '../../hook/migration/checksum.ts'
import { checksumWith, editOf, isSameButForMore } from '../../hook/migration/conditions.ts'
import type { Migration } from '../../hook/migration/migration.ts'
import { migrationsFolder } from '../support/lotse.ts'

const read = (files: Record<string, string>): Promise<Migration[]> =>
  readMigrations({ migrations: migrationsFolder(files), format: 'auto' })
const condition = (file: string, text: string) => ({ file, text })

describe('a folder with conditions', () => {
  test.each(['001_a.sql', '001_a.up.sql', '001_a.js'])(
    'has them beside %s, and no migration of their name',
    async (file) => {
      const files = { [file]: 'x', '001_a.check.sql': 'select 1', '001_a.verify.sql': 'select 2', '002_b.sql': 'y' }
      const [a, b, ...others] = await read(files)
      expect(a?.conditions).toEqual({
        check: condition('001_a.check.sql', 'select 1'),
        verify: condition('001_a.verify.sql', 'select 2'),
      })
      const sum = (text: string): string => checksum(text).replace('sha256:', '')
      expect(a?.checksum).toBe(`${checksum('x')}+check:${sum('select 1')}+verify:${sum('select 2')}`)
      expect(b).not.toHaveProperty('conditions')
      expect(b?.checksum).toBe(checksum('y'))
      expect(others).toEqual([])
    },
  )

  test('has none beside what reverts a migration', async () => {
    const [alone] = await read({ '001_a_up.sql': 'x', '001_a_down.sql': 'y', '001_a_down.check.sql': 'select 1' })
    expect(alone).toMatchObject({ name: '001_a_down.check', conditionOf: '001_a_down' })
  })

  test('has a migration by that name where something reverts it, and knows what lacks its migration', async () => {
    const files = {
      '001_a.sql': 'x',
      '001_a.check.sql': 'y',
      '001_a.check.down.sql': 'z',
      '002_b.verify.sql': 'select 1',
    }
    const [a, reverted, alone] = await read(files)
    expect(a).not.toHaveProperty('conditions')
    expect(reverted).toMatchObject({ name: '001_a.check', down: { text: 'z' } })
    expect(reverted).not.toHaveProperty('conditionOf')
    expect(alone).toMatchObject({ name: '002_b.verify', conditionOf: '002_b' })
  })

  test("of golang-migrate keeps that tool's format", async () => {
    const pair = { '1_a.up.sql': 'create table a ();', '1_a.down.sql': 'drop table a;' }
    const files = { ...pair, '2_b.up.sql': 'vacuum', '2_b.check.sql': 'select 1', '3_c.up.sql': 'x' }
    const [a, b, c, ...others] = await read(files)
    for (const each of [a, b, c]) expect(each?.format).toBe('golang-migrate')
    expect([a?.version, b?.version, b?.directives.transaction]).toEqual(['1', '2', false])
    expect(b?.conditions).toEqual({ check: condition('2_b.check.sql', 'select 1') })
    expect(b?.checksum).toMatch(/^sha256:\w{64}\+check:\w{64}$/)
    expect(others).toEqual([])
    await expect(read({ ...pair, '2_b.verify.sql': 'select 1' })).rejects.toThrow('has a problem')
  })

  test('may have no directives in them', async () => {
    await expect(
      read({ '001_a.sql': 'x', '001_a.check.sql': '-- lotse: statement-timeout 5s\nselect 1' }),
    ).rejects.toMatchObject({
      details: ['- 001_a.check.sql: a condition has no directives; those of its migration 001_a count for it, too'],
    })
  })
})

describe('an applied migration with conditions', () => {
  const [one, two] = [condition('a.check.sql', 'select 1'), condition('a.verify.sql', 'select 2')]
  const bare = checksum('x')
  const [checked, verified, both] = [{ check: one }, { verify: two }, { check: one, verify: two }].map((each) =>
    checksumWith(bare, each),
  ) as [string, string, string]

  test('is the same with more of them, and with none is what it always was', () => {
    expect(checksumWith(bare, {})).toBe(bare)
    for (const applied of [bare, checked, verified, both]) expect(isSameButForMore(applied, both)).toBe(true)
    expect(isSameButForMore(both, checked)).toBe(false)
    expect(isSameButForMore(checked, verified)).toBe(false)
    expect(isSameButForMore(checked, bare)).toBe(false)
    expect(isSameButForMore(checksum('y'), both)).toBe(false)
  })

  test('tells which of them was edited or removed, where it was not edited itself', () => {
    const edit = (applied: string, now: string) => editOf({ name: 'a', file: 'a.sql', checksum: now }, applied)
    expect(edit(both, bare).conditions).toEqual([
      { file: 'a.check.sql', isGone: true },
      { file: 'a.verify.sql', isGone: true },
    ])
    const changed = checksumWith(bare, { check: condition('a.check.sql', 'select 3') })
    expect(edit(checked, changed).conditions).toEqual([{ file: 'a.check.sql', isGone: false }])
    expect(edit(checked, checksumWith(checksum('y'), {}))).toEqual({ kind: 'edited', name: 'a', file: 'a.sql' })
  })
})
