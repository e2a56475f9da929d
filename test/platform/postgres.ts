import { existsSync } from 'node:fs'
import { join } from 'node:path'
import platform from './package.json' with { type: 'json' }

/** The majors of PostgreSQL that Lotse promises to work with. */
const promised = ['14', '15', '16', '17', '18']

/** This machine, as npm names it in its packages: `linux-x64`, `darwin-arm64`. */
const machine = `${process.platform}-${process.arch}`

const packageOf = (major: string): string => `postgres-${major}-${machine}`
const isPublished = (major: string): boolean => packageOf(major) in platform.optionalDependencies

/** The promised majors that npm has for this machine, and those that it lacks. */
export const published: readonly string[] = promised.filter(isPublished)
export const missing: readonly string[] = promised.filter((major) => !isPublished(major))

/** The folder of the programs of one major for this machine. Throws when npm has none, or did not install it. */
export function programsOf(major: string): string {
  if (!isPublished(major))
    throw new Error(
      `no npm package has PostgreSQL ${major} for ${machine}; choose from ${published.join(', ') || 'none'}`,
    )
  const folder = join(import.meta.dirname, '../../node_modules', packageOf(major), 'native')
  if (!existsSync(folder))
    throw new Error(`npm did not install ${packageOf(major)}; run npm ci, without --omit=optional`)
  return folder
}
