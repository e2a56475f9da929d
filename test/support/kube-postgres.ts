import pg from 'pg'
import { until } from './command.ts'
import type { Namespace } from './namespace.ts'

export type KubePostgres = {
  /** The URL inside the cluster. */
  readonly url: string
  readonly query: (sql: string) => Promise<pg.QueryResult['rows']>
  /** Begins a transaction with a statement and leaves it open; what is returned rolls it back. */
  readonly hold: (sql: string) => Promise<() => Promise<void>>
  /** Names of the applied migrations, in the order of applying. */
  readonly applied: () => Promise<string[]>
  /** Everything a migration could change, as text to compare: columns, indexes and the history. */
  readonly schema: () => Promise<string>
}

const password = 's3cret:/@'

const url = `postgresql://shop:${encodeURIComponent(password)}@postgres:5432/shop`

/** What a release has to know of a PostgreSQL: a Service name and a Secret with the URL, which is returned. Nothing answers there yet. */
export async function announceKubePostgres(namespace: Namespace, secret = 'shop-database'): Promise<string> {
  await namespace.apply(announced(secret))
  return url
}

/** A PostgreSQL in the namespace, the way a database outside of the release looks to it. It may have been announced before. */
export async function startKubePostgres(namespace: Namespace, secret = 'shop-database'): Promise<KubePostgres> {
  await namespace.apply(announced(secret) + pod)
  await namespace.kubectl('wait', '--for=condition=Ready', 'pod/postgres', '--timeout=120s')
  const login = { host: '127.0.0.1', user: 'shop', password, database: 'shop' }
  let port = namespace.forward('pod/postgres', 5432)
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ ...login, port: await port })
    await client.connect()
    return client
  }
  const query = async (sql: string): Promise<pg.QueryResult['rows']> => {
    const client = await connect().catch((error) => {
      // The forwarding goes through the kubelet, ends with it, and cannot begin while that is away.
      if (error.code && error.code !== 'ECONNREFUSED') throw error
      port = namespace.forward('pod/postgres', 5432)
      return connect()
    })
    try {
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }
  await until('PostgreSQL answers', () => query('select 1').catch(() => undefined))
  const applied = async (): Promise<string[]> =>
    (await query('select name from lotse_history order by position')).map(({ name }) => name)
  return {
    url,
    query,
    hold: async (sql) => {
      const client = await connect()
      // It may outlive the server, where a story has failed.
      client.on('error', () => undefined)
      await client.query(`begin; ${sql}`)
      return () => client.end()
    },
    applied,
    schema: async () =>
      JSON.stringify([
        await query(
          `select table_name, column_name, data_type from information_schema.columns where table_schema = 'public' order by 1, 2`,
        ),
        await query(`select indexdef from pg_indexes where schemaname = 'public' order by 1`),
        await applied().catch(() => 'no history'),
      ]),
  }
}

const announced = (secret: string): string => `
apiVersion: v1
kind: Secret
metadata: {name: ${secret}}
stringData: {url: '${url}'}
---
apiVersion: v1
kind: Service
metadata: {name: postgres}
spec: {selector: {app: postgres}, ports: [{port: 5432}]}
`

const pod = `
---
apiVersion: v1
kind: Pod
metadata: {name: postgres, labels: {app: postgres}}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, fsGroup: 999, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: postgres
      image: localhost/postgres:17
      env:
        - {name: POSTGRES_USER, value: shop}
        - {name: POSTGRES_PASSWORD, value: '${password}'}
        - {name: POSTGRES_DB, value: shop}
        # A volume's root belongs to root; PostgreSQL wants a folder of its own.
        - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
      ports: [{containerPort: 5432}]
      readinessProbe: {tcpSocket: {port: 5432}, periodSeconds: 1}
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      volumeMounts: [{name: data, mountPath: /var/lib/postgresql/data}]
  # In memory: initdb and each commit would wait for the disk, which all stories share.
  volumes: [{name: data, emptyDir: {medium: Memory}}]
`
