import type { Namespace } from './namespace.ts'

/** What a ServiceAccount may do beyond what everybody may, by `kubectl auth can-i --list`: lines "resource [] [names] [verbs]", sorted. */
export async function rightsOf(namespace: Namespace, account: string): Promise<string[]> {
  const everybody = await list(namespace, 'default')
  return (await list(namespace, account)).filter((line) => !everybody.includes(line))
}

async function list(namespace: Namespace, account: string): Promise<string[]> {
  const as = `--as=system:serviceaccount:${namespace.name}:${account}`
  const output = await namespace.kubectl('auth', 'can-i', '--list', '--no-headers', as)
  const lines = output.trim().split('\n')
  return lines.map((line) => line.replaceAll(/\s+/g, ' ').trim()).sort()
}
