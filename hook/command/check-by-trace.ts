import { judge } from '../check/judge.ts'
import { judgePending, readAll } from '../check/judge-pending.ts'
import { rules } from '../check/rules/all.ts'
import { differs, fails } from '../check/rules/of-trace.ts'
import { differences } from '../check/trace/differences.ts'
import { foretell } from '../check/trace/foretell.ts'
import { makeTracer } from '../check/trace/tracer.ts'
import type { CheckRequest } from '../cli/check-request.ts'
import type { Config } from '../config/config.ts'
import { describeTarget } from '../database/connect.ts'
import { readHistory } from '../database/history.ts'
import { historyTable } from '../database/lock.ts'
import { type Session, withSession } from '../database/session.ts'
import { isSame, readWhereabouts, type Whereabouts } from '../database/whereabouts.ts'
import { exitCodes, Failure, type Remedy } from '../failure.ts'
import { readMigrations } from '../folder/read.ts'
import type { Finding, Verdict } from '../migration/finding.ts'
import type { Migration } from '../migration/migration.ts'
import type { Trace } from '../migration/trace.ts'
import { isAtLeast, verdictText } from '../report/finding.ts'
import { verdictGithub, verdictSarif } from '../report/finding-formats.ts'
import { traceText } from '../report/trace.ts'
import { version } from '../version.ts'
import type { Context } from './context.ts'
import { up } from './up.ts'

/**
 * Judges what is pending, then applies it to a scratch database and tells what it did there. Returns the exit code. What the database has
 * pending is judged by its own catalogue; what the rules foretell of the scratch database, by that one's. Throws, in text, what ended the trace early.
 */
export async function checkByTrace(
  context: Context,
  request: CheckRequest,
  { database, onTarget }: NonNullable<CheckRequest['trace']>,
): Promise<number> {
  const { config, signal, env, progress } = context
  const folder = await readMigrations(config, env)
  const byRows = (session: Session, steps: readonly Migration[]): Promise<Verdict> =>
    judgePending(session, steps, config.checkTimeout, historyTable(config.history))
  const target = request.database ? await look(config, signal, folder, byRows) : undefined
  const scratch = scratchConfig(config, database)
  const before = await look(scratch, signal, folder, readAll, (where) => {
    refuseTarget(where, target?.where, onTarget, describeTarget(database))
    if (where.standby) throw standby(describeTarget(database))
  })
  const { read, facts } = before.result
  const tracer = makeTracer()
  let failure: Failure | undefined
  try {
    await up({ ...context, config: scratch, emit: silent }, { observer: tracer.observer })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    failure = error
  }
  const trace: Trace = {
    database: describeTarget(database),
    migrations: tracer.seen(progress.done),
    untraced: (target?.pending ?? []).filter((name) => !before.pending.includes(name)),
    failed: failure && { reason: failure.reason, message: failure.message },
  }
  const judged = target?.result ?? judge(read, { facts })
  const seen = differences(read, foretell(read, facts), trace, facts.schema)
  const verdict: Verdict = {
    findings: [...judged.findings, ...seen.findings],
    accepted: [...judged.accepted, ...seen.accepted],
    unjudged: judged.unjudged,
  }
  const amount = target?.pending.length ?? before.pending.length
  context.print(textOf(context, request, verdict, trace, failure, amount))
  if (failure) {
    if (request.output === 'text') throw onScratch(failure, trace.database)
    return failure.exitCode
  }
  const { failOn } = request
  const found = failOn !== undefined && verdict.findings.some(({ severity }) => isAtLeast(severity, failOn))
  return found ? exitCodes.PlanRefused : exitCodes.UpToDate

  function look<Result>(
    config: Config,
    signal: AbortSignal,
    folder: readonly Migration[],
    ask: (session: Session, steps: readonly Migration[]) => Promise<Result>,
    accept: (where: Whereabouts) => void = () => {},
  ): Promise<{ where: Whereabouts; pending: readonly string[]; result: Result }> {
    return withSession(config, signal, silent, async (session) => {
      const where = await readWhereabouts(session)
      accept(where)
      const { rows } = await readHistory(session, historyTable(config.history))
      const applied = new Set(rows.filter(({ state }) => state === 'applied').map(({ name }) => name))
      const steps = folder.filter(({ name }) => !applied.has(name))
      return { where, pending: steps.map(({ name }) => name), result: await ask(session, steps) }
    })
  }
}

/** What connecting and running tell is left out: the report tells what was done. */
const silent = (): void => {}

/** The run on the scratch database: services and roles of the real one are not there, and the check was made before. */
function scratchConfig(config: Config, database: Config['database']): Config {
  return {
    ...config,
    database,
    waitFor: [],
    history: { ...config.history, readers: [] },
    check: 'off',
    events: undefined,
  }
}

function textOf(
  { config }: Context,
  { output, level }: CheckRequest,
  verdict: Verdict,
  trace: Trace,
  failure: Failure | undefined,
  amount: number,
): string {
  const withFailure = failure ? { ...verdict, findings: [...verdict.findings, failed(failure)] } : verdict
  switch (output) {
    case 'text':
      return `${traceText(trace)}\n${verdictText(verdict, amount, level)}`
    case 'json':
      return `${JSON.stringify({ ...verdict, trace })}\n`
    case 'github':
      return verdictGithub(withFailure, config.migrations)
    case 'sarif':
      return verdictSarif(withFailure, [...rules, differs, fails], config.migrations, version)
  }
}

/** The failure of a migration as a finding, for the outputs that show nothing else. */
function failed({ message, details }: Failure): Finding {
  const [, file = '', line = '1', column = '1'] = /^(.+?), line (\d+), column (\d+): /.exec(message) ?? []
  return {
    rule: fails.name,
    severity: 'error',
    migration: '',
    file,
    line: Number(line),
    column: Number(column),
    excerpt: details,
    message,
    tables: [],
    wait: undefined,
    breaks: undefined,
    safe: '-- correct the file, restore the scratch database, and trace again',
  }
}

/** Throws ConfigInvalid when the scratch database is the one that is not to be touched. */
function refuseTarget(scratch: Whereabouts, target: Whereabouts | undefined, onTarget: boolean, name: string): void {
  if (onTarget || !target || !isSame(scratch, target)) return
  throw new Failure('ConfigInvalid', {
    summary: `--trace leads to the database itself${target.standby ? ' (or a copy of its files)' : ''}, ${name}: a trace would migrate it`,
    state: ['Nothing was changed.'],
    remedy: 'give the URL of a restored copy; where this database is the copy, add --trace-target',
  })
}

function standby(name: string): Failure {
  return new Failure('DatabaseUnreachable', {
    summary: `the scratch database ${name} is a read-only standby, and a trace applies migrations to it`,
    state: ['Nothing was changed.'],
    remedy: 'give the URL of a restored copy that takes writes',
  })
}

function onScratch(failure: Failure, name: string): Failure {
  return failure.with({
    state: [`This was the trace on the scratch database ${name}.`],
    remedy: remedyOf(failure.remedy),
  })
}

function remedyOf(remedy: Remedy): Remedy {
  const again = 'restore the scratch database and trace again'
  switch (remedy.kind) {
    case 'correctFile':
      return { kind: 'text', text: `correct ${remedy.file}, then ${again}` }
    case 'changeFiles':
      return { kind: 'text', text: `${remedy.change}, then ${again}` }
    case 'runAgain':
      return { kind: 'text', text: `${remedy.after}, then ${again}` }
    default:
      return remedy
  }
}
