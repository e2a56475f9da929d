import { expect, test } from 'vitest'
import { outlivesReset } from '../../hook/apply/apply.ts'
import { remedyOf } from '../../hook/apply/explain.ts'
import { reversalMark } from '../../hook/apply/refused-statements.ts'
import { format } from '../../hook/folder/lotse.ts'
import { countAlone, unwrapped } from '../../hook/folder/transactions.ts'
import { parseDirectives } from '../../hook/migration/directives.ts'
import { withoutSecrets } from '../../hook/sql/mask.ts'
import { lostSetting } from '../../hook/sql/settings.ts'
import { holdsNoStatement, piecesOf } from '../../hook/sql/split.ts'

/** A megabyte of it. What looks at every pair of its places would take minutes, and memory.test.ts has ten of them. */
const much = (text: string): string => text.repeat(1_000_000 / text.length)

const hostile: Record<string, string> = {
  'words of ALTER ROLE without a semicolon': much('alter role r '),
  'words of COPY without a semicolon': much('copy from '),
  'words of set_config': much('set_config (set_config '),
  'SET and white space': much('set     \n\n'),
  'a body of BEGIN ATOMIC': `create function f() returns int begin atomic ${much('select 1; ')}end;`,
  'open parentheses': much('select (1; '),
  'white space': much(' \n\t'),
  'line comments': much('-- lotse\n'),
  'marks of a way back': much('-- undo\n'),
  'marks of a way back between empty statements': much(';\n-- undo\n'),
  'marks of a way back, each with an empty line': `select 1;\n${much('-- undo\n\n')}`,
  dashes: much('--'),
  'block comments': much('/* token */ '),
  'nested comments': `${much('/* ')}${much('*/ ')}`,
  'open quotes': much(`'a''`),
  'dollar quotes': much('$a$ token $a$ '),
}

const folder = { files: [], has: () => false, read: () => '', problems: [], env: undefined }

const readers: Record<string, (text: string) => unknown> = {
  outlivesReset,
  piecesOf: (text) => piecesOf(text).length,
  reversalMark,
  holdsNoStatement,
  withoutSecrets: (text) => withoutSecrets(text).length,
  parseDirectives: (text) => parseDirectives(`${text}\n-- lotse`, 'a.sql', []),
  partsOf: (text) => format.partsOf({ name: 'a', file: 'a.sql', kind: 'sql' }, `${text}\n-- migrate:down`, folder),
  unwrapped: (text) => unwrapped(`begin;\n${text}`),
  countAlone: (text) => countAlone(`${text} concurrently`),
  lostSetting: (text) =>
    lostSetting({ DoStmt: { args: [{ DefElem: { arg: { String: { sval: text } } } }] } } as Parameters<
      typeof lostSetting
    >[0]),
  remedyOf: (text) =>
    remedyOf(
      { name: 'a', file: 'a.sql', kind: 'sql', text, directives: {} } as Parameters<typeof remedyOf>[0],
      Object.assign(new Error('syntax error'), { code: '42601', severity: 'ERROR' }),
      { line: 3, column: 1, text: '' },
    ),
}

test.each(Object.keys(readers))('%s reads a megabyte of anything once', (name) => {
  for (const [what, text] of Object.entries(hostile)) expect(() => readers[name]?.(text), what).not.toThrow()
})
