import type { Failure } from '../failure.ts'
import { shorten } from './shorten.ts'

/** Everything a person needs of a failure, most important first: what and where, why, what state things are in, what to do next. Pure. */
export function describeFailure(failure: Failure): string {
  return [
    `${failure.reason}: ${failure.message}`,
    ...failure.details.map((line) => `  ${line}`),
    ...failure.state,
    `Next: ${failure.remedy}. (exit code ${failure.exitCode})`,
  ].join('\n')
}

/** Kubernetes keeps 4,096 bytes of a termination message; the promise to people is 2,000 characters. */
export function fitTerminationMessage(message: string): string {
  return shorten(message, { characters: 2_000, bytes: 4_096 })
}
