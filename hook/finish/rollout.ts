import type { Deployment, Found, Pod } from '../cluster/deployments.ts'

/** A Deployment and the pods that its selector matches. */
export type Seen = Deployment & { readonly pods: readonly Pod[] }

/** What one look says of a rollout. Reasons are words for people. */
export type Verdict =
  /** It is complete, and no pod of an older version is left. `rollout` tells it from any other one, scaling aside. */
  | { readonly kind: 'proven'; readonly rollout: string }
  | { readonly kind: 'unproven'; readonly reasons: readonly string[] }

/** Whether every Deployment carries this version, is complete, and has no pod of an older template left, terminating ones included. Pure. */
export function judgeRollout(seen: readonly Seen[], absent: Found['absent'], version: string): Verdict {
  const reasons = [...absent, ...seen.flatMap((each) => reasonsOf(each, version))]
  if (seen.length === 0 && reasons.length === 0) return { kind: 'unproven', reasons: ['there is no Deployment'] }
  if (reasons.length > 0) return { kind: 'unproven', reasons }
  const parts = seen.map(({ uid, revision }) => `${uid}:${revision}`)
  return { kind: 'proven', rollout: parts.sort().join(',') }
}

/** In words, the first Deployment that carries another version; undefined when none does. Pure. */
export function otherVersion(deployments: readonly Deployment[], version: string): string | undefined {
  const other = deployments.find((each) => each.version !== version)
  return other && carries(other)
}

function carries({ name, version }: Deployment): string {
  return `Deployment ${name} carries ${version ? `version ${version}` : 'no version (annotation lotse/version of its pod template)'}`
}

/** Why a Deployment is not what its finisher needs: the first reason, which explains those after it. */
function reasonsOf(seen: Seen, version: string): readonly string[] {
  const { name, wanted, replicas, updated, available } = seen
  const deployment = `Deployment ${name}`
  if (seen.version !== version) return [`${carries(seen)}, this finisher belongs to ${version}`]
  if (seen.deleted) return [`${deployment} is being deleted`]
  if (seen.observed < seen.generation) return [`${deployment}: Kubernetes has not acted on its latest change yet`]
  if (updated < wanted) return [`${deployment}: ${of(updated, wanted)} new`]
  if (replicas > updated) return [`${deployment}: ${count(replicas - updated, 'pod')} of an older version left`]
  if (replicas !== wanted) return [`${deployment} has ${count(replicas, 'pod')}, and wants ${wanted}`]
  if (available !== wanted) return [`${deployment}: ${of(available, wanted)} available`]
  return reasonsOfPods(seen)
}

/** What the pods themselves say: the counts of a Deployment leave out those that are terminating, and may be behind. */
function reasonsOfPods({ name, wanted, pods }: Seen): readonly string[] {
  const serving = pods.filter(({ terminating }) => !terminating)
  const strangers = pods.filter(({ template }) => template === undefined)
  if (strangers.length > 0)
    return [`${namesOf(strangers)}, matched by the selector of Deployment ${name}, has no label pod-template-hash`]
  const [template, ...others] = new Set(serving.map((each) => each.template))
  if (others.length > 0) return [`Deployment ${name} has pods of ${others.length + 1} templates: ${namesOf(serving)}`]
  if (serving.length !== wanted) return [`Deployment ${name} has ${count(serving.length, 'pod')}, and wants ${wanted}`]
  const older = pods.filter((each) => each.template !== template)
  if (older.length === 0) return []
  // Where none is wanted, those that go may be of this version, too.
  const what = wanted === 0 ? '' : ' of an older version'
  return [`${namesOf(older)}${what} ${older.length === 1 ? 'is' : 'are'} still terminating`]
}

/** At most three names. */
function namesOf(pods: readonly Pod[]): string {
  const names = pods.map(({ name }) => name)
  const shown = names.slice(0, 3).join(', ')
  const more = names.length > 3 ? ` and ${names.length - 3} more` : ''
  return `${names.length === 1 ? 'pod' : 'pods'} ${shown}${more}`
}

function of(some: number, all: number): string {
  return `${some} of ${all} pods ${some === 1 ? 'is' : 'are'}`
}

function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`
}
