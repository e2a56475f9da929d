import { type Env, makeReader } from '../config/reader.ts'
import { isMissing, parseSources, type Source } from '../config/sources.ts'
import { configInvalid, parseArguments } from './invocation.ts'
import type { VerbName } from './verbs.ts'

/** Secrets and ConfigMaps that are missing, and how many milliseconds to wait for them. */
export type MissingSources = {
  readonly sources: readonly Source[]
  readonly patience: number
  /** Where they should be, for messages. */
  readonly namespace: string | undefined
}

/**
 * What a verb is told to take from a Secret or ConfigMap and that is missing: looked at before anything else is read, since
 * parts of the configuration come from there. Throws ConfigInvalid for a list that is none.
 */
export function missingSources(name: VerbName, argv: readonly string[], env: Env): MissingSources {
  const problems: string[] = []
  const reader = makeReader(parseArguments(name, argv, []).flags, env, problems)
  const sources = parseSources(reader.text('sources'), reader.source('sources'), problems)
  const wait = reader.duration('sourcesWait', 0)
  if (problems.length > 0) throw configInvalid(problems)
  const [namespace, release] = reader.text('release').split('/')
  return {
    sources: sources.filter((each) => isMissing(each, env)),
    // What waits inside the run has to give up before the run does, to say what it waited for.
    patience: Math.min(wait, Math.max(0, reader.duration('timeout') - 1_000)),
    namespace: reader.text('namespace') || (release ? namespace : undefined),
  }
}
