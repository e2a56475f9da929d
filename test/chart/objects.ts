// What rendered objects are made of: their pods, the pods' containers, and the names by which one refers to another.
import type { Fields, Manifest } from './render.ts'

export const fields = (value: unknown): Fields => (value ?? {}) as Fields
export const list = (value: unknown): readonly Fields[] => (value ?? []) as Fields[]
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

export const named = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`
export const isHook = ({ metadata }: Manifest): boolean => metadata.annotations?.['helm.sh/hook'] !== undefined
export const weight = ({ metadata }: Manifest): number => Number(metadata.annotations?.['helm.sh/hook-weight'])

/** Every object anywhere below a value, itself included. */
export function below(value: unknown): readonly Fields[] {
  if (Array.isArray(value)) return value.flatMap(below)
  if (value === null || typeof value !== 'object') return []
  return [value as Fields, ...Object.values(value).flatMap(below)]
}

/** The spec of the Job that an object is or makes. */
export function jobSpec({ kind, spec }: Manifest): Fields {
  return kind === 'CronJob' ? fields(fields(spec?.jobTemplate).spec) : fields(spec)
}

/** The template of the pods that an object makes, if it makes any. */
export function podOf(manifest: Manifest): Fields | undefined {
  const template = jobSpec(manifest).template
  return template === undefined ? undefined : fields(template)
}

export const podSpec = (manifest: Manifest): Fields => fields(podOf(manifest)?.spec)
export const labelsOf = (manifest: Manifest): Fields => fields(fields(podOf(manifest)?.metadata).labels)
export const initContainers = (manifest: Manifest): readonly Fields[] => list(podSpec(manifest).initContainers)

export function containers(manifest: Manifest): readonly Fields[] {
  return [...initContainers(manifest), ...list(podSpec(manifest).containers)]
}

/** The objects that an object refers to by name, as "Kind name". */
export function references(manifest: Manifest): readonly string[] {
  return below(manifest).flatMap((node) => {
    const reference = (kind: string, value: unknown) => (text(value) === undefined ? [] : [`${kind} ${text(value)}`])
    const of = (kind: string, ...keys: readonly string[]) =>
      keys.flatMap((key) => reference(kind, fields(node[key]).name))
    return [
      ...reference('ServiceAccount', node.serviceAccountName),
      ...reference('Secret', node.secretName),
      ...(node.kind === 'ServiceAccount' && node !== manifest ? reference('ServiceAccount', node.name) : []),
      ...of('ConfigMap', 'configMap', 'configMapRef', 'configMapKeyRef'),
      ...of('Secret', 'secret', 'secretRef', 'secretKeyRef'),
      ...of('Role', 'roleRef'),
      ...of('Deployment', 'scaleTargetRef'),
    ]
  })
}
