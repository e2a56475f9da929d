import { assertKnownRules, judge, readStatements } from '../check/judge.ts'
import { judgeEach, judgePending } from '../check/judge-pending.ts'
import { rules } from '../check/rules/all.ts'
import type { CheckRequest } from '../cli/check-request.ts'
import { readHistory } from '../database/history.ts'
import { historyTable } from '../database/lock.ts'
import { withSession } from '../database/session.ts'
import { Failure } from '../failure.ts'
import { readMigrations } from '../folder/read.ts'
import type { Verdict } from '../migration/finding.ts'
import type { Migration } from '../migration/migration.ts'
import { nameOf } from '../migration/name.ts'
import { isAtLeast, verdictText } from '../report/finding.ts'
import { verdictGithub, verdictJson, verdictSarif } from '../report/finding-formats.ts'
import { version } from '../version.ts'
import type { Context } from './context.ts'

/** Says what migrations would block or break; runs none and changes nothing. Returns whether it found what it is to fail on. */
export async function check(context: Context, request: CheckRequest): Promise<boolean> {
  const { config, print, env } = context
  const folder = await readMigrations(config, env)
  const { verdict, amount } = request.database
    ? await judgeByDatabase(context, folder, request)
    : await judgeByFiles(folder, request)
  const { failOn, output, level } = request
  switch (output) {
    case 'text':
      print(verdictText(verdict, amount, level))
      break
    case 'json':
      print(verdictJson(verdict))
      break
    case 'github':
      print(verdictGithub(verdict, config.migrations))
      break
    case 'sarif':
      print(verdictSarif(verdict, rules, config.migrations, version))
  }
  return failOn !== undefined && verdict.findings.some(({ severity }) => isAtLeast(severity, failOn))
}

type Judged = { readonly verdict: Verdict; readonly amount: number }

/** By the catalogue as it is now. Of all migrations, most of which are applied, each is judged as if it alone came now. */
function judgeByDatabase(
  { config, signal }: Context,
  folder: readonly Migration[],
  { scope }: CheckRequest,
): Promise<Judged> {
  return withSession(
    config,
    signal,
    () => {},
    async (session) => {
      const steps = scope.kind === 'pending' ? await pendingOf(folder) : folder.slice(firstOf(folder, scope))
      const verdict = await (scope.kind === 'all'
        ? judgeEach(session, steps)
        : judgePending(session, steps, config.checkTimeout, historyTable(config.history)))
      return { verdict, amount: steps.length }

      async function pendingOf(all: readonly Migration[]): Promise<readonly Migration[]> {
        const { rows } = await readHistory(session, historyTable(config.history))
        const applied = new Set(rows.filter(({ state }) => state === 'applied').map(({ name }) => name))
        return all.filter(({ name }) => !applied.has(name))
      }
    },
  )
}

/** By the files alone: those before the judged ones tell which columns, constraints and types there are. */
async function judgeByFiles(folder: readonly Migration[], { scope }: CheckRequest): Promise<Judged> {
  const since = firstOf(folder, scope)
  assertKnownRules(folder.slice(since))
  const verdict = judge(await readStatements(folder), { since, apart: scope.kind === 'all' })
  return { verdict, amount: folder.length - since }
}

/** The index of the first migration to judge. */
function firstOf(folder: readonly Migration[], scope: CheckRequest['scope']): number {
  if (scope.kind !== 'since') return 0
  const index = folder.findIndex(({ name }) => name === nameOf(scope.name))
  if (index >= 0) return index + 1
  throw new Failure('ConfigInvalid', {
    summary: `--since: there is no migration ${scope.name} in the folder`,
    details: [`It has ${folder[0]?.name} to ${folder.at(-1)?.name}.`],
    state: ['Nothing was changed.'],
    remedy: 'name the newest migration that is applied already',
  })
}
