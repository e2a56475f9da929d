import { must } from './command.ts'

/** Stories need a cluster: its absence is a failure, never a skip. */
export default async function setup(): Promise<void> {
  if (!process.env.KUBECONFIG)
    throw new Error('KUBECONFIG is not set; run the stories by make test-e2e, which brings a cluster up')
  await must('kubectl', ['get', 'nodes', '--request-timeout=20s'])
}
