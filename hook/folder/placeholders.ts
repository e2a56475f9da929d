import type { Folder } from './format.ts'

/**
 * Fills in Flyway's placeholders, `${name}`, from the variables LOTSE_PLACEHOLDER_name of the environment; the case of a name does not
 * matter, and a sign that a variable cannot have counts as `_` (Flyway docs, "Placeholders"). Of Flyway's own only
 * `${flyway:filename}` is known by itself. Adds a problem for each that has no value.
 */
export function placeholders(file: string, text: string, { env, problems }: Folder): string {
  if (env === undefined || !text.includes('${')) return text
  const values = new Map(
    Object.entries(env)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value]),
  )
  return text.replace(/\$\{([^}\n]+)\}/g, (all, name: string, offset: number) => {
    if (name.toLowerCase() === 'flyway:filename') return file
    const variable = name.replace(/\W/g, '_')
    const value = values.get(variable.toLowerCase())
    if (value !== undefined) return value
    const line = text.slice(0, offset).split('\n').length
    problems.push(
      `${file}, line ${line}: the placeholder ${all} has no value; set ${prefix}${variable} in the environment of Lotse (or, if it is no placeholder, placeholderReplacement=false in ${file}.conf)`,
    )
    return all
  })
}

const prefix = 'LOTSE_PLACEHOLDER_'
