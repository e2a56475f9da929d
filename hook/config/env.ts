/** Variables of an environment, as the process has them. */
export type Env = Readonly<Record<string, string | undefined>>
