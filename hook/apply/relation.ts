import { identifier } from '../database/table.ts'
import type { Node } from './statements.ts'

/** A relation of the parse tree as quoted SQL, for to_regclass. */
export function relationName({ schemaname, relname }: Node): string {
  return identifier([schemaname, relname].filter(Boolean))
}
