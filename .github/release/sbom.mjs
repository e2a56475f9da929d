// The list of what the image and the npm package contain besides Node, in CycloneDX: what npm knows of the packages that have a file in
// the bundle. Usage: node sbom.mjs FILES, the list that bundle.mjs --inputs wrote; prints JSON
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const [file] = process.argv.slice(2)
if (!file) throw new Error('say what is in the bundle: sbom.mjs FILES, which bundle.mjs --inputs FILES writes')

/** The package whose file this is: the last one, where a package has others in it. `pg@8.23.1` for `node_modules/pg/lib/index.js`. */
const packageOf = (path) => {
  const [folder, name] = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? []
  return folder && `${name}@${JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version}`
}
const bundled = new Set(JSON.parse(readFileSync(file, 'utf8')).map(packageOf).filter(Boolean))

const format = ['--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--workspaces=false', '--package-lock-only']
const sbom = JSON.parse(execFileSync('npm', ['sbom', ...format], { encoding: 'utf8', maxBuffer: 2 ** 26 }))
const root = sbom.metadata.component
// npm calls the project by its folder.
root.name = 'lotse'
const known = new Set(sbom.components.map((each) => each['bom-ref']))
const unknown = [...bundled].filter((each) => !known.has(each))
if (unknown.length > 0) throw new Error(`npm does not know these packages of the bundle: ${unknown.join(', ')}`)

sbom.components = sbom.components.filter((each) => bundled.has(each['bom-ref']))
for (const each of sbom.components) {
  // To the project they are tools, to its users a part of what they run.
  each.scope = 'required'
  each.properties = each.properties.filter(({ name }) => name !== 'cdx:npm:package:development')
}
const kept = new Set([root['bom-ref'], ...bundled])
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) }))
console.log(JSON.stringify(sbom, null, 2))
