import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Helm, helmIn } from '../../support/helm.ts'
import { createNamespace, type Namespace } from '../../support/namespace.ts'
import { type Example, examples } from '../../support/recipes.ts'

const folder = 'test/chart/values'
const stories: readonly Example[] = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, chart: 'chart', values: ['--values', `${folder}/${name}`] }))
const recipes = examples(['chart/recipes.md'])

describe('what the chart renders is accepted by the API server', () => {
  let namespace: Namespace
  let helm: Helm
  beforeAll(async () => {
    namespace = await createNamespace('accepted')
    helm = helmIn(namespace)
  })
  afterAll(() => {
    recipes.remove()
    return namespace?.delete()
  })

  test.each([...stories, ...recipes.all])('$name', async ({ chart, values }) => {
    // Without the pod of `helm test`: a dry run creates no ServiceAccount for it, and the story of the rollout runs it.
    // Without --kube-version: what Helm assumes when it asks no cluster must suit the chart.
    const { code, output, stdout } = await helm(['template', 'shop', chart, '--skip-tests', ...values])
    expect(code, output).toBe(0)
    const objects = stdout.match(/^kind: /gm)?.length
    // Unknown and misspelt fields are errors; Pod Security would be a warning here, since only pods themselves are refused.
    const answer = await namespace.dryRun(stdout)
    expect(answer.output).not.toMatch(/warning/i)
    expect(answer.code, answer.output).toBe(0)
    expect(answer.stdout.match(/created \(server dry run\)$/gm)).toHaveLength(objects ?? 0)
  })
})
