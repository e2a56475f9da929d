import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, and about how many seconds on two processors: a guess for a clone that has run none of them. */
const guesses: readonly (readonly [path: RegExp, seconds: number])[] = [
  [/e2e\/(argocd|flux)\/(automated-)?(hook|job)\.test/, 240],
  [/e2e\/(rollout|unleash|foreign|piefed|modes|renamed)\//, 200],
  [/e2e\/(gate|expand-contract|waiverdb|ecto|phoenix|ufc-332|argocd|flux)\//, 150],
  [/e2e\//, 60],
  [/integration\/(killing|backfill-killing|changing-a-schema|memory|same-session|formats|standby)\./, 100],
  [/integration\/(stepwise|up|preflight-proof|adopt|earlier|real-tools|remedies|role-settings|reconnect|seal)\./, 60],
]

/**
 * Longest first, of whichever project. Vitest itself takes one project after the other, so that a long file of the last one would begin
 * when little else is left to run beside it. How long a file took is kept below node_modules/.vite.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const seconds = (file: TestSpecification): number => {
      const before = this.ctx.cache.getTestSpecificationResult(file)
      if (before) return before.duration / 1000
      return guesses.find(([path]) => path.test(file.moduleId))?.[1] ?? 10
    }
    return (await super.sort(files)).sort((one, other) => seconds(other) - seconds(one))
  }
}
