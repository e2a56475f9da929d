/** What new sessions alone begin with: settings of a role or a database, and what a BEGIN takes before anything can be reset. */
const defaults =
  /\balter\s+(?:database|role|user|system)\b[^;]*\b(?:set|reset)\b|\bdefault_transaction_\w|\bsession\s+characteristics\b/i

/** A setting with a dot in its name: once set, it stays known to the session, as an empty text. */
const custom = /\bset\s+(?:session\s+|local\s+)?"?\w+"?\s*\.\s*"?\w|\bset_config\s*\(\s*e?'[^']*\./i

/** Locks, libraries and connections of the session, the seed of random(), and LISTEN, which UNLISTEN only ends at COMMIT. */
const held =
  /\bpg_(?:try_)?advisory_lock|\blisten\s+[\w"]|\bload\s+'|\bdblink_connect|\bsetseed\b|\bset\s+seed\b|\bpg_replication_origin_session_/i

/**
 * Whether SQL, or a script that sends it, may leave something behind in its session, or change what a new one begins with, that no
 * RESET and no DISCARD takes back. Told from words: a comment may say too much, a function that exists already says nothing.
 */
export function outlivesReset(text: string): boolean {
  return defaults.test(text) || custom.test(text) || held.test(text)
}
