// Bundles the hook into dist/, the folder that the image and the npm package carry. Run by `make dist` and by the Dockerfile.
// With --inputs FILE it also writes there the files that went into it, as a list.
import { execFileSync } from 'node:child_process'
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'

const require = createRequire(import.meta.url)
const { inputs } = parseArgs({ options: { inputs: { type: 'string' } } }).values

/** What libraries load eagerly and Lotse never uses, by file and what stands in for it. */
const unused = [
  // Umzug's command line parser: 92 of the 105 ms its import takes.
  { filter: /umzug\/lib\/cli\.js$/, contents: 'exports.UmzugCLI = class {}' },
  // It is given its migrations, and looks for no files.
  { filter: /tinyglobby\/.*\.c?js$/, contents: 'exports.glob = undefined' },
  // pino's own files and threads: it is given a function to write to.
  { filter: /(sonic-boom\/index|pino\/lib\/transport)\.js$/, contents: 'module.exports = class {}' },
  { filter: /worker_threads$/, contents: 'exports.isMainThread = true' },
  // pg asks it for its native client only; Node looks names up without.
  { filter: /^(node:)?dns$/, contents: '' },
]
const withoutUnused = {
  name: 'without-unused',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?(worker_threads|dns)$/ }, ({ path }) => ({ path, namespace: 'unused' }))
    for (const { filter, contents } of unused) onLoad({ filter }, () => ({ contents }))
  },
}

/** client-node is 2 MB and three times Lotse's own start; only who asks Kubernetes something shall read it. */
const withoutKubernetes = {
  name: 'without-kubernetes',
  setup: ({ onResolve }) => onResolve({ filter: /\/client\.ts$/ }, () => ({ path: './kubernetes.js', external: true })),
}

const common = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node24',
  // One CommonJS file starts a tenth faster than ES modules in chunks. What is imported lazily is still evaluated lazily.
  format: 'cjs',
  minify: true,
  legalComments: 'linked',
  metafile: true,
}
const url = `const lotseUrl=require('node:url').pathToFileURL(__filename).href;`

await rm('dist', { recursive: true, force: true })
const hook = await build({
  ...common,
  entryPoints: { hook: 'hook/main.ts' },
  external: ['pg-native', 'libpg-query'],
  plugins: [withoutUnused, withoutKubernetes],
  // A function in Node's manner of wrapping a module, for launch.cjs to call. Its clock spares Node the loading of node:perf_hooks.
  banner: {
    js: `(function(exports,require,module,__filename,__dirname){
${url}
const lotseNow=()=>{const[seconds,nanoseconds]=process.hrtime();return seconds*1e3+nanoseconds/1e6};`,
  },
  footer: { js: '})' },
  define: { 'import.meta.url': 'lotseUrl', 'performance.now': 'lotseNow' },
})
const kubernetes = await build({
  ...common,
  entryPoints: { kubernetes: 'hook/cluster/client.ts' },
  banner: { js: url },
  define: { 'import.meta.url': 'lotseUrl' },
})
await cp('hook/build/launch.cjs', 'dist/lotse.js')
await cp('hook/build/precompile.cjs', 'dist/precompile.js')
await chmod('dist/lotse.js', 0o755)
// Spares Node to find out what kind of module it is.
await writeFile('dist/package.json', '{ "type": "commonjs" }\n')
await cp('hook/database/history.sql', 'dist/history.sql')

// The parser finds its WebAssembly beside itself, so it stays a package of its own.
const copied = ['libpg-query', '@pgsql/types']
for (const name of copied) {
  const from = dirname(require.resolve(`${name}/package.json`))
  await mkdir(dirname(`dist/node_modules/${name}`), { recursive: true })
  await cp(from, `dist/node_modules/${name}`, { recursive: true })
}
execFileSync(process.execPath, ['dist/precompile.js'], { stdio: 'inherit' })
if (inputs) {
  const files = [hook, kubernetes].flatMap((each) => Object.keys(each.metafile.inputs))
  await writeFile(inputs, JSON.stringify([...files, ...copied.map((name) => `node_modules/${name}/package.json`)]))
}
