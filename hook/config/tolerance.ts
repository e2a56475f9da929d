/** Contradictions between folder and history that somebody has decided to live with, by `--allow`. */
export const tolerances = ['edited', 'missing', 'out-of-order', 'ahead-breaking'] as const
export type Tolerance = (typeof tolerances)[number]

export function isTolerance(name: string): name is Tolerance {
  return (tolerances as readonly string[]).includes(name)
}
