/** How long fifty pods behind the gate take to become ready at once, and how many connections to the database their gates hold. Run by `make bench-gate`. */
import { openShop } from '../support/shop.ts'

const replicas = Number(process.env.BENCH_PODS ?? 50)
const shop = await openShop('bench-gate', { helm: process.env.LOTSE_HELM4 })
const scale = (to: number) => shop.namespace.kubectl('scale', 'deployment/shop-web', `--replicas=${to}`)
const allReady = () => shop.namespace.kubectl('rollout', 'status', 'deployment/shop-web', '--timeout=10m')
/** Starts all pods at once; returns the seconds until all are ready, and the most sessions that the gates had open at one look. */
const start = async (): Promise<{ readonly seconds: string; readonly peak: number }> => {
  await scale(0)
  await shop.namespace.kubectl('wait', '--for=delete', 'pod', '-l', 'app.kubernetes.io/component=web', '--timeout=2m')
  let [peak, ready] = [0, false]
  const began = performance.now()
  await scale(replicas)
  const rollout = allReady().then(() => {
    ready = true
  })
  while (!ready) {
    const [row] = await shop.postgres.query(
      `select count(*)::int as gates from pg_stat_activity where application_name like 'lotse%'`,
    )
    peak = Math.max(peak, row?.gates ?? 0)
  }
  await rollout
  return { seconds: ((performance.now() - began) / 1000).toFixed(1), peak }
}
try {
  const install = async (gated: boolean): Promise<void> => {
    const { code, output } = await shop.roll(
      'upgrade',
      '1',
      '--install',
      '--wait',
      '--set',
      `gate.enabled=${gated},workloads.web.preStopSleepSeconds=0`,
    )
    if (code !== 0) throw new Error(output)
  }
  for (const gated of [false, true]) {
    await install(gated)
    console.log(`Starting ${replicas} pods at once, ${gated ? 'each behind the gate' : 'without a gate, to compare'} …`)
    const { seconds, peak } = await start()
    console.log(`  all ready after ${seconds} s; the gates held at most ${peak} connections at one look`)
  }
} finally {
  await shop.namespace.delete()
}
