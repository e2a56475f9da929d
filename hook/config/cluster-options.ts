import type { Option } from './option.ts'

/** What a run may know of the Kubernetes around it. The chart sets these. */
export const clusterOptions = {
  release: {
    env: 'LOTSE_RELEASE',
    flag: 'release',
    value: 'NAME',
    fallback: '',
    help: 'who runs this, as namespace/release, shown in pg_stat_activity and in the history',
  },
  pod: {
    env: 'LOTSE_POD',
    flag: 'pod',
    value: 'NAME',
    fallback: '',
    help: 'the pod this runs in',
  },
  terminationLog: {
    env: 'LOTSE_TERMINATION_LOG',
    flag: 'termination-log',
    value: 'FILE',
    fallback: '',
    help: 'a file that gets the outcome in at most 2,000 characters (the image sets /dev/termination-log)',
  },
  namespace: {
    env: 'LOTSE_NAMESPACE',
    flag: 'namespace',
    value: 'NAME',
    fallback: '',
    help: 'the namespace of --job; without it that of the pod, or of the kubeconfig',
  },
  job: {
    env: 'LOTSE_JOB',
    flag: 'job',
    value: 'NAME',
    fallback: '',
    help: "the migrator's Job: lotse wait looks at it too (get jobs, list pods, get pods/log), --events are posted on it",
  },
  jobUid: {
    env: 'LOTSE_JOB_UID',
    flag: 'job-uid',
    value: 'UID',
    fallback: '',
    help: 'the uid of that Job, without which kubectl describe job does not show the --events',
  },
  events: {
    env: 'LOTSE_EVENTS',
    flag: 'events',
    value: '',
    alone: 'true',
    fallback: 'false',
    help: 'also post what is planned and how it ended as Kubernetes Events on the Job (create events)',
  },
  run: {
    env: 'LOTSE_RUN',
    flag: 'run',
    value: 'HASH',
    fallback: '',
    help: "lotse wait: only a Job annotated lotse/run: HASH is meant; another version's counts as absent",
  },
  absentAfter: {
    env: 'LOTSE_ABSENT_AFTER',
    flag: 'absent-after',
    value: 'DURATION',
    fallback: '30s',
    help: 'lotse wait: how long the Job may be missing until it is taken for done and cleaned up',
  },
  databaseCheck: {
    env: 'LOTSE_DATABASE_CHECK',
    flag: 'no-database',
    value: '',
    alone: 'false',
    fallback: 'true',
    help: 'lotse wait: the Job alone decides, as for a foreign migrator, whose migrations Lotse does not know',
  },
} as const satisfies Record<string, Option>
