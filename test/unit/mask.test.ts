import { expect, test } from 'vitest'
import { withoutQuotedSecrets } from '../../hook/sql/mask.ts'

test.each([
  ['Key (token)=(abc) already exists.', 'Key (token)=(…) already exists.'],
  ['Key (api_secret, tenant)=(a, b), c) already exists.', 'Key (api_secret, tenant)=(…) already exists.'],
  [
    'Key (token)=(abc) conflicts with existing key (token)=(abcd).',
    'Key (token)=(…) conflicts with existing key (token)=(…).',
  ],
  ['Key (password)=(abc) is not present in table "users".', 'Key (password)=(…) is not present in table "users".'],
  ['Key (id)=(7) already exists.', 'Key (id)=(7) already exists.'],
  ['Key (lower(email))=(a@b.c) is duplicated.', 'Key (lower(email))=(a@b.c) is duplicated.'],
])('a key with a secret is named without its value: %s', (detail, shown) => {
  expect(withoutQuotedSecrets(detail)).toBe(shown)
})

test.each([
  ['Failing row contains (7, null, hunter2, f).', 'Failing row contains (7, null, …, f).'],
  ['Failing row contains (7, a, b).', 'Failing row contains (7, …, …).'],
  [
    'Failing row contains (0f8fad5b-d9cb-469f-a165-70867728950e, 2026-01-31 10:00:00+00, -3.50).',
    'Failing row contains (0f8fad5b-d9cb-469f-a165-70867728950e, 2026-01-31 10:00:00+00, -3.50).',
  ],
  ['Failing row contains (7, two\nlines).', 'Failing row contains (7, …).'],
])('a failing row is shown by what identifies it: %s', (detail, shown) => {
  expect(withoutQuotedSecrets(detail)).toBe(shown)
})

test('a string beside a word like password is masked, another is not', () => {
  expect(withoutQuotedSecrets(`password 'hunter2' is too short`)).toBe(`password '…' is too short`)
  expect(withoutQuotedSecrets(`invalid color: 'red'`)).toBe(`invalid color: 'red'`)
})
