/** One file of the migrations folder, read and checked. */
export type Migration = {
  /** The file's name without its ending; what the history records and the order is made from. */
  readonly name: string
  /** The file's name as it stands in the folder, for messages. */
  readonly file: string
  readonly sql: string
  /** `sha256:…` of the text, see checksum.ts. */
  readonly checksum: string
}

/** One row of the history: a migration that was applied. */
export type Applied = {
  readonly name: string
  readonly checksum: string
}
