import { Failure } from '../failure.ts'
import { someOf, tenants } from '../report/tenants.ts'

/** A tenant that failed, and why. */
export type Failed = { readonly tenant: string; readonly failure: Failure }

/** How far a run through all tenants has come. */
export type Outcome = {
  readonly total: number
  /** Tenants that have the schema, those that had it before included. */
  readonly done: number
  readonly failed: readonly Failed[]
  /** Why tenants were not begun, if they were not. */
  readonly stopped?: string | undefined
}

/** How many failed tenants a message explains, and by how many lines each. */
const [explained, lines] = [3, 3]

/** MigrationFailed for a run in which tenants failed: how many, the first of them with their errors, and what is done. Pure. */
export function tenantsFailed({ total, done, failed, stopped }: Outcome): Failure {
  const inOrder = failed.toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1))
  const shown = inOrder.slice(0, explained).flatMap(explain)
  const rest = inOrder.slice(explained).map(({ tenant }) => tenant)
  const left = total - done - failed.length
  const since = stopped ? `, since ${stopped}` : ''
  const notBegun = left > 0 ? `; ${left} ${left === 1 ? 'was' : 'were'} not begun${since}` : ''
  return new Failure('MigrationFailed', {
    summary: `${failed.length} of ${tenants(total)} failed`,
    details: [...shown, ...(rest.length > 0 ? [`and ${someOf(rest)}`] : [])],
    state: [`${doneOf(done)}${notBegun}. The next run migrates only what is left.`],
    remedy: { kind: 'runAgain', after: 'mend what the errors name' },
  })
}

function doneOf(done: number): string {
  if (done === 0) return 'No tenant is done'
  return done === 1 ? '1 tenant is done, and stays so' : `${tenants(done)} are done, and stay so`
}

function explain({ tenant, failure }: Failed): string[] {
  const { reason, message, details } = failure
  return [`${tenant}: ${reason}: ${message}`, ...details.slice(0, lines).map((line) => `  ${line}`)]
}

/** What ended the whole run, with how far it had come. Pure. */
export function endedEarly(error: unknown, { total, done, failed }: Outcome): unknown {
  if (!(error instanceof Failure)) return error
  const some = failed.length > 0 ? `, ${failed.length} failed: ${someOf(failed.map(({ tenant }) => tenant))}` : ''
  return error.with({ state: [`${done} of ${tenants(total)} are done${some}; the next run migrates the others.`] })
}
