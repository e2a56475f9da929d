import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { must, run } from './command.ts'

/** An image as an archive of test/cluster/load.sh has it. */
export type Image = {
  /** As the registry calls it: amd64, arm64. */
  readonly architecture: string
  readonly config: {
    readonly User: string
    readonly Entrypoint: readonly string[]
    readonly Cmd: readonly string[]
    readonly Env: readonly string[]
    readonly Labels: Readonly<Record<string, string>>
  }
  /** The paths of its files, without a slash at the beginning. */
  readonly files: readonly string[]
  /** The first bytes of one of them. */
  readonly head: (path: string, bytes: number) => Promise<Buffer>
  /** Whether these bytes occur anywhere in it: in a file's content or name, in its settings or its history. */
  readonly contains: (text: string) => Promise<boolean>
  readonly close: () => void
}

/** Opens a docker-archive, whose layers are not compressed. */
export async function openImage(archive: string): Promise<Image> {
  const folder = mkdtempSync(join(tmpdir(), 'lotse-image-'))
  await must('tar', ['-xf', archive, '-C', folder])
  const json = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'))
  const [{ Config, Layers }]: [{ Config: string; Layers: string[] }] = json('manifest.json')
  const { architecture, config } = json(Config)
  const layers = Layers.map((layer) => join(folder, layer))
  const lists = await Promise.all(
    layers.map(async (layer) => ({ layer, files: (await must('tar', ['-tf', layer])).split('\n').filter(isFile) })),
  )
  return {
    architecture,
    config,
    files: [...new Set(lists.flatMap(({ files }) => files.map(clean)))].sort(),
    head: async (path, bytes) => {
      const found = lists.findLast(({ files }) => files.some((file) => clean(file) === path))
      const file = found?.files.find((each) => clean(each) === path)
      if (!found || !file) throw new Error(`${archive} has no file ${path}`)
      await must('tar', ['-xf', found.layer, '-C', folder, file])
      return readFileSync(join(folder, file)).subarray(0, bytes)
    },
    contains: async (text) => (await run('grep', ['-qaF', '--', text, archive])).code === 0,
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const isFile = (path: string): boolean => path !== '' && !path.endsWith('/')
const clean = (path: string): string => path.replace(/^\.?\//, '')
