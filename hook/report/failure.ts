import type { Failure } from '../failure.ts'

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
const most = { characters: 2_000, bytes: 4_096 }

/** Cuts a message to what fits, in the middle: its start says what happened and its end says what to do. */
export function fitTerminationMessage(message: string): string {
  const characters = [...message]
  let text = message
  for (
    let keep = most.characters;
    [...text].length > most.characters || Buffer.byteLength(text) > most.bytes;
    keep -= 50
  ) {
    const tail = Math.floor(keep / 3)
    text = `${characters.slice(0, keep - tail).join('')}\n[…]\n${characters.slice(-tail).join('')}`
  }
  return text
}
