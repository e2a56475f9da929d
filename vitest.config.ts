import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/platform/longest-first.ts'
import { missing, published } from './test/platform/postgres.ts'

if (missing.length > 0)
  console.warn(`npm has no PostgreSQL ${missing.join(', ')} for this machine; Linux on x64 has them all`)

/** The majors of PostgreSQL that Lotse promises to work with; LOTSE_TEST_POSTGRES chooses some of them. */
const majors = process.env.LOTSE_TEST_POSTGRES?.split(' ') ?? published

/** What the server's version may change is shown on each; the rest of the folder on the last one alone. */
const onEachMajor = [
  'check-proof',
  'preflight-proof',
  'check-replication',
  'up',
  'conditions',
  'changing-a-schema',
  'stepwise',
  'concurrency',
  'killing',
  'backfill-killing',
  'lock-timeout',
]

/** What files leave in a session and take back in it, what the catalogue says of other tools' tables, and their folders, is shown on the oldest major, too. */
const onTheFirst = [
  'adopt',
  'backfill-script',
  'earlier',
  'formats',
  'other-histories',
  'own-settings',
  'preflight',
  'same-session',
  'tenants',
]

const integration = (major: string) => ({
  test: {
    name: `integration-${major}`,
    include:
      major === majors.at(-1)
        ? ['test/integration/**/*.test.ts']
        : [...onEachMajor, ...(major === majors[0] ? onTheFirst : [])].map(
            (name) => `test/integration/${name}.test.ts`,
          ),
    globalSetup: 'test/support/postgres-server.ts',
    env: { LOTSE_TEST_POSTGRES: major },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

/** Helm and kubectl live for a second, of which Go's garbage collection would take a fifth. */
const collectLess = { GOGC: '800' }

/**
 * In these stories a controller rolls out, with the Helm that it has in it. They run after the others: where Flux's CRDs are, the chart asks
 * Helm for no log of the migrator.
 */
const gitops = ['test/e2e/{argocd,flux,piefed}/**/*.test.ts', 'test/e2e/renamed/{argocd,flux}.test.ts']

/** Stories of what goes on in the cluster, once Helm has handed it over, run with one Helm: the others show that both do the same. */
const once = [
  'test/e2e/{by-hand,ecto,expand-contract,foreign,gate,image,phoenix,privileges,sources,trial,ufc-332,unleash,waiverdb,watched}/**/*.test.ts',
  'test/e2e/renamed/{half-done,never-ready,rolled-back,slow-to-stop}.test.ts',
]

const everything = ['test/e2e/**/*.test.ts']

/** Stories that disturb the node, and so run after all others, one at a time. */
const node = ['test/e2e/node/**/*.test.ts']

/** All other stories run once with each Helm that Lotse promises to work with; test/cluster/with.sh builds them and names them here. */
const stories = (name: string, program: string | undefined, include: string[], exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude,
    globalSetup: 'test/support/cluster.ts',
    env: { LOTSE_HELM: program ?? '', ...collectLess },
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      // Whoever comes first builds Helm.
      {
        test: {
          name: 'chart',
          include: ['test/chart/**/*.test.ts'],
          env: collectLess,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      ...majors.map(integration),
      // What `make release-dry-run` made, installed.
      stories('release', process.env.LOTSE_HELM4, ['test/release/**/*.test.ts']),
      stories('e2e-helm3', process.env.LOTSE_HELM3, everything, [...gitops, ...node, ...once]),
      stories('e2e-helm4', process.env.LOTSE_HELM4, everything, [...gitops, ...node]),
      stories('e2e-gitops', process.env.LOTSE_HELM4, gitops),
      stories('e2e-node-helm3', process.env.LOTSE_HELM3, node),
      stories('e2e-node-helm4', process.env.LOTSE_HELM4, node),
    ],
  },
})
