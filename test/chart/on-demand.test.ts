// `kubectl create job --from=cronjob/…` runs the very Job that a release would run.
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fields, jobSpec, named } from './objects.ts'
import { type Manifest, render } from './render.ts'

const stories = readdirSync(new URL('values/', import.meta.url)).filter((name) => name.endsWith('.yaml'))
const run = ({ metadata }: { readonly metadata?: unknown }) => fields(fields(metadata).annotations)['lotse/run']
const jobOf = (all: readonly Manifest[]) => all.find(({ kind }) => kind === 'Job')
const cronJobOf = (all: readonly Manifest[]) => all.find((each) => named(each) === 'CronJob shop-migrator')

describe.each(stories)('%s', (story) => {
  const options = ['--values', `test/chart/values/${story}`, '--set']

  it('has the spec of the Job of the release, but for the names of its objects and the wait for a Secret', () => {
    const all = render(
      'chart',
      'shop',
      ...options,
      'migrations.enabled=true,migrations.onDemand=true,gate.migrate=false',
    )
    const [job, cronJob] = [jobOf(all), cronJobOf(all)] as [Manifest, Manifest]
    // A hook waits for no Secret that is missing.
    const waits = /,\{"name":"LOTSE_SOURCES_WAIT","value":"\w+"\}/g
    const plain = (each: Manifest) =>
      JSON.parse(JSON.stringify(jobSpec(each)).replaceAll('"shop-migrator-job', '"shop-migrator').replaceAll(waits, ''))
    expect(plain(cronJob)).toEqual(plain(job))
    expect(run(fields(cronJob.spec?.jobTemplate))).toBe(run(job))
  })

  it('never runs by itself', () => {
    const all = render('chart', 'shop', ...options, 'migrations.onDemand=true,gate.migrate=false,gate.check=')
    expect(cronJobOf(all)?.spec).toMatchObject({ suspend: true })
  })
})
