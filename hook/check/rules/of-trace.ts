/** What only a trace finds (lotse check --trace): no example of SQL alone shows it, so it stands beside the rules. */

export const differs = {
  name: 'trace-differs',
  finds: 'a statement that did on the scratch database something else than the rules foretold',
  why: 'The rules read statements. What a function, a trigger, an event trigger, EXECUTE in a block or a script does, they cannot see; the trace saw it.',
  safe: '-- write what it does as plain statements, so that each can be judged, and see their rules;\n-- or accept it with a reason',
} as const

export const fails = {
  name: 'trace-failed',
  finds: 'a migration that failed on the scratch database',
  why: 'It would fail in the database as well, or the scratch database is no copy of it.',
} as const
