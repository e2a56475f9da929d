import type { RangeVar } from '@pgsql/types'
import type { Tree } from '../../sql/parse.ts'

/** What a statement demands of the rows that are there. */
export type Demand = {
  readonly relation: RangeVar
  /** Whether it is about the table alone, without the tables that inherit from it. */
  readonly only: boolean
  readonly asks: Asks
  /** Columns it speaks of, which must be there, and as they are, before the run. */
  readonly columns: readonly string[]
  /** Functions that it calls. */
  readonly calls: readonly string[]
  /** Byte offset in the message of what is meant. */
  readonly at?: number | undefined
}

export type Asks =
  | { readonly kind: 'notNull'; readonly column: string }
  /** That there is no row at all: a new column would be null in each. */
  | { readonly kind: 'noRow'; readonly column: string }
  | {
      readonly kind: 'unique'
      readonly parts: readonly string[]
      readonly where: string | undefined
      readonly nullsEqual: boolean
      /** Whether the columns are to be the primary key. */
      readonly primary: boolean
      /** The index that IF NOT EXISTS finds: where it is there, nothing is built. */
      readonly unlessThere?: string
    }
  | {
      readonly kind: 'foreignKey'
      readonly target: RangeVar
      /** Empty: the target's primary key. */
      readonly targetColumns: readonly string[]
      readonly full: boolean
    }
  | { readonly kind: 'check'; readonly expression: string; readonly name: string }
  | { readonly kind: 'exclude'; readonly operators: readonly string[]; readonly where: string | undefined }
  /** That each value of an expression can be stored as this type; `limit` in characters. */
  | {
      readonly kind: 'cast'
      readonly value: string
      readonly type: string
      /** The type's own name, as the catalogue has it. */
      readonly plain: string
      readonly column: string
      readonly limit: number | undefined
    }
  /** That a constraint that is NOT VALID holds: of this name, or the demand that the same run added it with. */
  | { readonly kind: 'validate'; readonly name: string }
  /** That the columns of an index, which a primary key takes over, hold no null. */
  | { readonly kind: 'usingIndex'; readonly index: string }
  /** That the values of a domain satisfy a constraint, in every table: its expression, that of a stored one of this name, or no null. */
  | {
      readonly kind: 'domain'
      readonly domain: RangeVar
      readonly name: string
      readonly expression: string | undefined
      readonly notNull: boolean
    }
  /** What is not judged, and why. */
  | { readonly kind: 'unjudged'; readonly why: string }

/** A statement, its text, and where a byte offset of the parser stands in that. */
export type Source = { readonly tree: Tree; readonly sql: string; readonly within: (at: number) => number }

/** What is asked of the rows of one table: whether one of them does not meet a demand. */
export type Question = {
  readonly sql: string
  /** A query for people that shows every such row. */
  readonly list: string
}
