import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Helm, helmIn } from '../../support/helm.ts'
import { createNamespace, type Namespace } from '../../support/namespace.ts'

const values = readdirSync('test/chart/values').filter((name) => name.endsWith('.yaml'))

describe('what the chart renders is accepted by the API server', () => {
  let namespace: Namespace
  let helm: Helm
  beforeAll(async () => {
    namespace = await createNamespace('accepted')
    helm = helmIn(namespace)
  })
  afterAll(() => namespace?.delete())

  test.each(values)('%s', async (name) => {
    // Without --kube-version: what Helm assumes when it asks no cluster must suit the chart.
    const { code, output, stdout } = await helm(['template', 'shop', 'chart', '--values', `test/chart/values/${name}`])
    expect(code, output).toBe(0)
    const objects = stdout.match(/^kind: /gm)?.length
    // Unknown and misspelt fields are errors; Pod Security would be a warning here, since only pods themselves are refused.
    const answer = await namespace.dryRun(stdout)
    expect(answer.output).not.toMatch(/warning/i)
    expect(answer.code, answer.output).toBe(0)
    expect(answer.stdout.match(/created \(server dry run\)$/gm)).toHaveLength(objects ?? 0)
  })
})
