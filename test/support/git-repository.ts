import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { must } from './command.ts'

/** A bare repository in a folder of its own, which begins with some folders of this one. */
export type GitRepository = {
  readonly url: string
  /** Writes these files, commits and pushes them to the branch `main`; returns the commit. */
  readonly commit: (files: Readonly<Record<string, string>>) => Promise<string>
  readonly remove: () => void
}

export async function createRepository(folders: readonly string[]): Promise<GitRepository> {
  const root = mkdtempSync(join(tmpdir(), 'lotse-git-'))
  const [bare, work] = [join(root, 'repository.git'), join(root, 'work')]
  const git = (...args: string[]): Promise<string> => must('git', args, { env: ofNobody })
  await git('init', '--quiet', '--bare', '--initial-branch=main', bare)
  await git('clone', '--quiet', bare, work)
  for (const folder of folders) cpSync(folder, join(work, folder), { recursive: true })
  return {
    url: pathToFileURL(bare).href,
    commit: async (files) => {
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(work, name)), { recursive: true })
        writeFileSync(join(work, name), content)
      }
      await git('-C', work, 'add', '--all')
      await git('-C', work, 'commit', '--quiet', '--message', `Change ${Object.keys(files).join(', ')}`)
      await git('-C', work, 'push', '--quiet', 'origin', 'HEAD:main')
      return (await git('-C', work, 'rev-parse', 'HEAD')).trim()
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** Nothing of the user's settings counts. */
const ofNobody = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'story',
  GIT_AUTHOR_EMAIL: 'story@example.com',
  GIT_COMMITTER_NAME: 'story',
  GIT_COMMITTER_EMAIL: 'story@example.com',
}
