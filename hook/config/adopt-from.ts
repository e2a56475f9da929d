/** Tools whose history `--adopt` and `lotse adopt --from` take over. */
export const adoptable = [
  'golang-migrate',
  'sqlx',
  'diesel',
  'prisma',
  'drizzle',
  'goose',
  'dbmate',
  'node-pg-migrate',
  'flyway',
  'postgrator',
  'umzug',
  'knex',
  'kysely',
] as const
export type Adoptable = (typeof adoptable)[number]

export function isAdoptable(name: string): name is Adoptable {
  return (adoptable as readonly string[]).includes(name)
}

/** Whose history is taken over: that of a tool, in its usual table or in another one, or whichever the database has. */
export type AdoptFrom = { readonly tool: Adoptable | 'auto'; readonly table: string | undefined }

/** Reads TOOL, TOOL:TABLE or TOOL:SCHEMA.TABLE; undefined when the text is none. */
export function parseAdoptFrom(text: string): AdoptFrom | undefined {
  const [, tool, table] = /^([a-z-]+)(?::(.+))?$/.exec(text) ?? []
  if (tool === 'auto') return table === undefined ? { tool, table } : undefined
  return tool !== undefined && isAdoptable(tool) ? { tool, table } : undefined
}

/** What is wrong with a text that parseAdoptFrom() does not take. */
export function notAdoptable(text: string): string {
  return `"${text}" is not a tool whose history can be taken over; use auto, ${adoptable.join(', ')}, or TOOL:SCHEMA.TABLE for a table of another name`
}
