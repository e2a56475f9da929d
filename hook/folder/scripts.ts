import type { Entry, Folder } from './format.ts'
import { isBeside, stranger } from './parts.ts'

/** Migrations that are scripts of another tool: which of them Lotse can run, told from their text before anything runs. */

/** The scripts of a folder; `versionOf` is what the tool's history calls a file. */
export function scriptsOf({ files, problems }: Folder, tool: string, versionOf: (file: string) => string): Entry[] {
  return files.flatMap((file): Entry[] => {
    if (/^[^/]+\.(?:ts|js|mjs|cjs)$/.test(file))
      return [{ name: withoutEnding(file), file, kind: 'script', version: versionOf(file) }]
    if (!isBeside(file)) problems.push(stranger(file, tool, 'a script NAME.js or NAME.ts'))
    return []
  })
}

/** The name by which these tools' histories, and Lotse's, know a script. */
export function withoutEnding(file: string): string {
  return file.replace(/\.(?:sql|ts|js|mjs|cjs)$/, '')
}

/** What `up` and `down` call the object that their tool gives them. */
const parameter =
  /\b(?:up|down)\b\s*[:=]?\s*(?:async\b\s*)?(?:function\b\s*\w*\s*)?\(?\s*([A-Za-z_$][\w$]*)\s*(?=[:,)=])/g

/**
 * The first use of a tool's object that only the tool itself can carry out, in words; undefined when there is none. `carried` are the
 * members that Lotse carries out itself.
 */
export function beyond(text: string, usual: string, carried: readonly string[]): string | undefined {
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*/g, (comment) => comment.replace(/[^\n]/g, ' '))
  const names = new Set([usual, ...[...code.matchAll(parameter)].map(([, name]) => name ?? '')])
  for (const name of names) {
    const use = new RegExp(
      `(?<![\\w$.'"])${name.replaceAll('$', '\\$')}\\s*(?:\\??\\.\\s*(\\w+)(?:\\s*\\??\\.\\s*(\\w+))?|(\\())`,
      'g',
    )
    for (const { 1: member, 2: second, 3: call, index } of code.matchAll(use)) {
      const line = code.slice(0, index).split('\n').length
      if (call !== undefined && /\bfunction\s*$/.test(code.slice(0, index))) continue
      if (call !== undefined) return `calls ${name}() in line ${line}`
      if (carried.includes(member ?? '') || carried.includes(`${member}.${second}`)) continue
      return `uses ${name}.${member}${member === 'schema' && second ? `.${second}` : ''} in line ${line}`
    }
  }
  return undefined
}
