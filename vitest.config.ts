import { defineConfig } from 'vitest/config'

/** The stories run once with each Helm that Lotse promises to work with; test/cluster/with.sh builds them and names them here. */
const stories = (helm: string, program: string | undefined) => ({
  test: {
    name: helm,
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: 'test/support/cluster.ts',
    env: { LOTSE_HELM: program ?? '' },
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { test: { name: 'chart', include: ['test/chart/**/*.test.ts'] } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/support/postgres-server.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      stories('e2e-helm3', process.env.LOTSE_HELM3),
      stories('e2e-helm4', process.env.LOTSE_HELM4),
    ],
  },
})
