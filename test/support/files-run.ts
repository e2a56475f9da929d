import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './lotse.ts'

type Coverage = {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly {
      readonly ranges: readonly { readonly startOffset: number; readonly count: number }[]
    }[]
  }[]
}

/**
 * Runs the hook from its sources and returns the files in which a function ran, in the order of their names: what a reader has to
 * open to follow that run. A file that is only loaded does not count. V8 counts the calls (Node docs, NODE_V8_COVERAGE).
 */
export async function filesRun(args: readonly string[], env: Record<string, string>): Promise<string[]> {
  const folder = temporaryFolder()
  const child = spawn(process.execPath, ['hook/main.ts', ...args], {
    env: { ...env, NODE_V8_COVERAGE: folder },
    stdio: 'ignore',
  })
  await new Promise((resolve) => child.on('close', resolve))
  const reports = readdirSync(folder).map((file): Coverage => JSON.parse(readFileSync(join(folder, file), 'utf8')))
  return reports
    .flatMap(({ result }) => result)
    .filter(({ url }) => url.startsWith('file:') && /\/hook\/.*\.ts$/.test(url))
    .filter(({ functions }) =>
      functions.some(({ ranges: [whole] }) => (whole?.startOffset ?? 0) > 0 && (whole?.count ?? 0) > 0),
    )
    .map(({ url }) => relative(process.cwd(), fileURLToPath(url)))
    .sort()
}
