// Names that YAML could take for a number or a boolean reach Kubernetes as the text that they are.
import { expect, it } from 'vitest'
import { below, named } from './objects.ts'
import { type Fields, renderWith } from './render.ts'

const text = [
  'name',
  'namespace',
  'serviceAccountName',
  'secretName',
  'key',
  'value',
  'image',
  'targetPort',
  'serviceName',
]
const number = '123'

it('for a release called 123 in a namespace called 456', () => {
  const secret = { name: number, key: number }
  const values = {
    image: { repository: number, tag: number },
    database: {
      host: number,
      name: number,
      user: number,
      passwordSecret: secret,
      tls: { mode: 'verify-full', caSecret: secret },
    },
    migrations: {
      source: { configMap: number },
      serviceAccount: { name: number },
      history: { readers: [number] },
      events: true,
    },
    gate: { check: 'job', serviceAccounts: [number] },
    nameOverride: number,
    commonLabels: { a: number },
    config: { env: { A: number }, files: { [`/${number}`]: number } },
    workloads: {
      on: {
        image: { repository: number, tag: number },
        ports: { on: 80 },
        service: { ports: { on: 80 } },
        podDisruptionBudget: { minAvailable: 0 },
      },
      web: { image: { repository: number, tag: number }, serviceAccountName: number },
    },
  }
  const sets = Object.entries(values).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`])
  const all = renderWith('helm4', 'chart', number, '--namespace', '456', ...sets)
  expect(all.map(named)).toContain('Deployment 123-on')
  for (const node of all.flatMap((each) => below(each))) {
    for (const key of text) expect([key, typeof (node[key] ?? '')]).toEqual([key, 'string'])
    for (const key of ['labels', 'annotations', 'matchLabels'])
      for (const [name, value] of Object.entries((node[key] ?? {}) as Fields))
        expect([name, typeof value]).toEqual([name, 'string'])
  }
})
