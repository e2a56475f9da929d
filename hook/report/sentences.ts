import { formatDuration } from '../config/duration.ts'
import type { Env } from '../config/reader.ts'
import type { Direction, Event, Finished, Waiting } from '../event.ts'
import type { Failure, Remedy } from '../failure.ts'
import { backfillSentence } from './backfill.ts'
import { finishedTenants, tenantOrRolloutSentence } from './tenants.ts'

const doing: Record<Direction, string> = { up: 'Applying', down: 'Reverting' }
const did: Record<Direction, string> = { up: 'Applied', down: 'Reverted' }

/** The sentence a person reads for an event; further lines only where somebody is in the way, or it failed. Pure. */
export function sentence(event: Event, starter: Starter): string {
  switch (event.event) {
    case 'run.started':
      return [
        `Lotse ${event.version}: ${event.command}`,
        event.release && `for release ${event.release}`,
        event.pod && `in pod ${event.pod}`,
      ]
        .filter(Boolean)
        .join(' ')
    case 'source.waiting':
      return [`Waiting for what this container needs (${progress(event)}):`, ...event.missing].join('\n  ')
    case 'service.waiting':
      return `Waiting for ${event.service}: ${event.error} (${progress(event)})`
    case 'service.answered':
      return `${event.service} answers after ${formatDuration(event.elapsed)}`
    case 'database.waiting':
      return `Waiting for database ${event.target}: ${event.error} (${progress(event)})`
    case 'database.connected':
      return `Connected to database ${event.target} as ${event.user} after ${formatDuration(event.elapsed)}`
    case 'connection.lost':
      return `Lost the connection to database ${event.target} (${event.error}); reconnecting; the history shows what was committed`
    case 'session.renewed':
      return `Connecting again after ${event.name}, so that the next migration finds what a new connection finds`
    case 'lock.waiting':
      return `Waiting for another migrator (${progress(event)}): ${event.holder}`
    case 'lock.acquired':
      return event.elapsed < 1_000 ? 'Took the run lock' : `Took the run lock after ${formatDuration(event.elapsed)}`
    case 'history.created':
      return `Created the history table ${event.table}`
    case 'history.adopted':
      return `Took over ${count(event.names.length)} that ${event.tool} had applied, from ${event.table}, which stays as it is: ${list(event.names)}${event.left.length > 0 ? `; left out, since they have no file: ${list(event.left)}` : ''}`
    case 'history.diverged':
      return `${event.tool}'s own history still says that ${list(event.names)} ${event.names.length === 1 ? 'is' : 'are'} applied; delete that there before ${event.tool} runs on this database again`
    case 'history.outgrown':
      return `${event.tool} has applied what has no file here, by ${event.table}: ${list(event.unknown)}. Continuing.`
    case 'history.unshared':
      return `Could not grant ${event.role} SELECT on the history, so a gate that logs in as ${event.role} will not open: ${event.error}`
    case 'plan.made': {
      const { pending, applied, deferred } = event
      const later = deferred.length > 0 ? `; ${waiting(deferred)}` : ''
      const nothing = later ? `${count(applied)} applied` : `all ${applied} migrations are applied`
      return pending.length === 0
        ? `Nothing to apply: ${nothing}${later}`
        : `${count(pending.length)} to apply, ${applied} applied before: ${list(pending)}${later}`
    }
    case 'plan.ahead':
      return `The schema is newer than this image: ${list(event.unknown)} came from a newer version. Continuing.`
    case 'check.found':
      return [
        `Check: ${event.summary} in the pending migrations`,
        ...event.findings.map(({ text }) => indented(text)),
        ...event.accepted.map(
          ({ file, line, rule, reason }) => `  ${file}, line ${line}: ${rule} is accepted: ${reason}`,
        ),
        ...event.unjudged.map(({ text }) => `  ${text}`),
      ].join('\n')
    case 'check.failed':
      return `Could not check the pending migrations (they run all the same): ${event.error}`
    case 'migration.started':
      return `${doing[event.direction]} ${event.name} (${event.position} of ${event.total})`
    case 'conditions.held':
      return `  ${event.file}: ${event.amount === 1 ? 'its condition holds' : `its ${event.amount} conditions hold`}`
    case 'statement.started':
      return `  statement ${event.position} of ${event.total}, line ${event.line}`
    case 'migration.notice':
      return `  ${event.severity}: ${event.message}`
    case 'migration.progress':
      return [
        `  ${event.name} has been running for ${formatDuration(event.elapsed)}${event.progress ? `: ${event.progress}` : ''}`,
        ...event.blockers,
      ].join('\n    ')
    case 'migration.retried':
      return [
        `  ${event.name}: ${event.error}. Rolled back; retrying in ${formatDuration(event.wait)} (attempt ${event.tries + 1})`,
        ...event.blockers,
      ].join('\n    ')
    case 'tenant.told':
      return `${event.tenant}: ${sentence(event.told, starter).trimStart()}`
    case 'backfill.started':
    case 'backfill.progress':
    case 'backfill.holding':
    case 'backfill.unseen':
    case 'backfill.narrowed':
    case 'backfill.finished':
      return backfillSentence(event)
    case 'index.waiting':
      return [`  Index ${event.index} is invalid; waiting for`, ...event.blockers].join('\n    ')
    case 'index.repaired':
      return `  Dropping index ${event.index}: an interrupted build left it invalid`
    case 'migration.applied':
      return `${did[event.direction]}  ${event.name} in ${formatDuration(event.elapsed)}`
    case 'history.changed':
      return `${event.name}: ${event.change}`
    case 'schema.waiting':
      return `Waiting for the schema of ${event.target} (${progress(event)}): ${count(event.pending.length)} not applied yet: ${list(event.pending)}`
    case 'job.waiting':
      return `Waiting for Job ${event.job} (${progress(event)}): it is ${event.state}`
    case 'job.log':
      return `Log of container ${event.container} in pod ${event.pod}:\n${indented(event.text)}`
    case 'job.unreadable':
      return `Cannot show ${event.what}: ${event.error}`
    case 'events.failed':
      return `Could not post a Kubernetes Event (the migration is unaffected): ${event.error}`
    case 'signal.received':
      return `Received ${event.signal}: cancelling the running statement and rolling back`
    case 'run.finished':
      return finished(event, formatDuration(event.elapsed))
    case 'run.failed':
      return describeFailure(event.failure, starter)
    default:
      return tenantOrRolloutSentence(event)
  }
}

function finished(
  { reason, names, because = 'the schema is what this version needs', tenants }: Finished,
  took: string,
): string {
  if (tenants) return finishedTenants(reason, names, tenants, took)
  switch (reason) {
    case 'Applied':
      return `Applied ${count(names.length)} in ${took}; ${because}`
    case 'Reverted':
      return `Reverted ${count(names.length)} in ${took}`
    case 'UpToDate':
      return `UpToDate: ${because} (${took})`
  }
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}

function progress({ elapsed, budget }: { elapsed: number; budget: number }): string {
  return `${formatDuration(elapsed)} of ${formatDuration(budget)}`
}

function count(amount: number): string {
  return `${amount} migration${amount === 1 ? '' : 's'}`
}

/** What waits for `lotse finish`: how many, and which; empty for nothing. */
export function waiting(deferred: readonly Waiting[]): string {
  if (deferred.length === 0) return ''
  const names = deferred.map(({ name, phase }) => `${name} (${phase})`)
  return `${deferred.length} ${deferred.length === 1 ? 'waits' : 'wait'} for lotse finish: ${list(names)}`
}

/** At most eight names, then how many more. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ')
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}

/** Everything a person needs of a failure, most important first: what and where, why, what state things are in, what to do next. Pure. */
export function describeFailure(failure: Failure, starter: Starter): string {
  return [
    `${failure.reason}: ${failure.message}`,
    ...failure.details.map((line) => `  ${line}`),
    ...failure.state,
    `Next: ${remedyText(failure.remedy, starter)}. (exit code ${failure.exitCode})`,
  ].join('\n')
}

/** Who started Lotse, and so how it is started again: the chart, or a person with a shell, by `lotse up` or by `lotse finish`. */
export type Starter = 'chart' | 'shell' | 'finish'

/** The chart tells every container of Lotse the release that it belongs to. */
export function starterOf(env: Env, command = 'up'): Starter {
  if (env.LOTSE_RELEASE) return 'chart'
  return command === 'finish' ? 'finish' : 'shell'
}

const again: Record<Starter, string> = {
  chart: 'run the same helm upgrade again',
  shell: 'run lotse up again',
  finish: 'run lotse finish again',
}

/** A remedy as an imperative that a person can follow. Pure. */
export function remedyText(remedy: Remedy, starter: Starter): string {
  const repeat = again[starter]
  switch (remedy.kind) {
    case 'text':
      return remedy.text
    case 'correctFile':
      return remedyText({ kind: 'changeFiles', change: `correct ${remedy.file}` }, starter)
    case 'changeFiles':
      return starter === 'chart'
        ? `${remedy.change}, rebuild the image, and ${repeat}`
        : `${remedy.change} and ${repeat}`
    case 'runAgain':
      return `${remedy.after}, then ${repeat}`
    case 'adopt': {
      const from = remedy.from.join(' or ')
      return starter === 'chart'
        ? `set migrations.adopt to ${from} in the values, and ${repeat}`
        : `see what lotse adopt --from ${from} --dry-run would record, run it without --dry-run, then ${repeat}`
    }
    case 'otherTool':
      return starter === 'chart'
        ? `let ${remedy.tool} go on with migrations.command in the values; or, if these files replace its migrations, record the newest one that the database already has with lotse baseline --to NAME, and ${repeat}`
        : `let ${remedy.tool} go on; or, if these files replace its migrations, record the newest one that the database already has with lotse baseline --to NAME, then ${repeat}`
    case 'grant':
      return `run ${remedy.statements.join('; ')} as ${remedy.as}, then ${repeat}`
  }
}
