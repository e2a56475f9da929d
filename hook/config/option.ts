/** One setting: its environment variable, its flag, and what `lotse --help` says of it. */
export type Option = {
  readonly env: string
  readonly flag: string
  /** What is written after the flag; empty for a flag that stands alone and then means `alone`. */
  readonly value: string
  readonly alone?: 'true' | 'false'
  readonly fallback: string
  readonly help: string
}
