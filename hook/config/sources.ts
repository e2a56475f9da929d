import { existsSync, readdirSync } from 'node:fs'
import type { Env } from './reader.ts'

/** What a container needs, and the Secret or ConfigMap that Kubernetes is to take it from. */
export type Source = {
  /** The variable, the path of a file or folder, or where in the values all variables of it are asked for. */
  readonly what: string
  readonly kind: 'Secret' | 'ConfigMap'
  readonly name: string
  /** Undefined when all keys are meant. */
  readonly key?: string
  /** The file or folder that exists when the source does; undefined for a variable that has to tell by itself. */
  readonly at?: string
}

/** Reads the list as the chart writes it, in JSON. Adds a list that is none to `problems`. */
export function parseSources(text: string, setting: string, problems: string[]): readonly Source[] {
  if (!text) return []
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list) && list.every(isSource)) return list
  } catch {
    // Said below.
  }
  problems.push(`${setting}: is not a list of sources; write [{"what": "DATABASE_URL", "kind": "Secret", "name": …}]`)
  return []
}

function isSource(each: Partial<Source> | null): each is Source {
  const { what, kind, name, key = '', at = '' } = each ?? {}
  return [what, kind, name, key, at].every((part) => typeof part === 'string')
}

/**
 * Whether the source does not exist, or lacks its key. An optional reference to one leaves the variable unset and the folder
 * empty (Kubernetes API, SecretKeySelector and SecretVolumeSource), so all keys of an empty one are missing, too.
 */
export function isMissing({ what, key, at }: Source, env: Env): boolean {
  if (at === undefined) return env[what] === undefined
  if (key !== undefined) return !existsSync(at)
  // Kubernetes keeps what it swaps in folders that begin with two dots.
  return !existsSync(at) || readdirSync(at).every((entry) => entry.startsWith('..'))
}

/** Whether it is the value of a single variable. */
export function isVariable({ what, key }: Source): boolean {
  return key !== undefined && !what.startsWith('/')
}

/** What is missing and where it was to come from, as a sentence without its full stop. */
export function describeMissing({ what, kind, name, key }: Source, namespace: string | undefined): string {
  const object = `${kind} ${namespace ? `${namespace}/` : ''}${name}`
  return key === undefined
    ? `${what} is to come from ${object}, which does not exist (or is empty)`
    : `${what} is to come from the key \`${key}\` of ${object}, which does not exist (or lacks that key)`
}
