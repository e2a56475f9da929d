// Bundles the hook into dist/, the folder that the image and the npm package carry. Run by `make dist` and by the Dockerfile.
// With --inputs FILE it also writes there the files that went into it, as a list.
import { execFileSync } from 'node:child_process'
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { builtinModules, createRequire } from 'node:module'
import { dirname, relative } from 'node:path'
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

// Its clock spares Node the loading of node:perf_hooks.
const prelude = `${url}
const lotseNow=()=>{const[seconds,nanoseconds]=process.hrtime();return seconds*1e3+nanoseconds/1e6};`
const ofHook = {
  ...common,
  external: ['pg-native', 'libpg-query'],
  define: { 'import.meta.url': 'lotseUrl', 'performance.now': 'lotseNow' },
}
const plugins = [withoutUnused, withoutKubernetes]

/** Where a usual run begins. */
const beginnings = [
  'hook/main.ts',
  'hook/cli/sources.ts',
  'hook/command/up.ts',
  'hook/apply/apply.ts',
  'hook/folder/seal.ts',
  'hook/gate/wait-for-schema.ts',
]

/** What is imported at the heads of those files, and at the heads of what they import, and so on; and what these load when they need it. */
async function filesOfUsualRun() {
  const { inputs } = (await build({ ...ofHook, entryPoints: beginnings, plugins, write: false })).metafile
  const [usual, rare] = [new Set(beginnings), new Set()]
  for (const file of usual)
    for (const { kind, path } of inputs[file].imports)
      if (inputs[path]) (kind === 'dynamic-import' ? rare : usual).add(path)
  return { usual, rare: rare.difference(usual) }
}

/** Lets a module that `textOf` writes stand in the place of each of some files. */
const standingIn = (namespace, files, textOf) => ({
  name: namespace,
  setup: (building) => {
    building.onResolve({ filter: /^/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === namespace || from.kind === 'entry-point' || builtinModules.includes(path.replace('node:', '')))
        return undefined
      const found = await building.resolve(path, { ...from, pluginData: namespace })
      const file = relative('.', found.path)
      return found.namespace === 'file' && files.has(file) ? { path: file, namespace } : undefined
    })
    building.onLoad({ filter: /^/, namespace }, async ({ path }) => ({ contents: await textOf(path) }))
  },
})

/** A module of this name and text, which is no file. */
const written = (name, contents) => ({
  name,
  setup: (building) => {
    building.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: name }))
    building.onLoad({ filter: /^/, namespace: name }, () => ({ contents, resolveDir: '.' }))
  },
})

/** The text of a module that loads one of these files when it is asked for it. */
const loading = (files) => `module.exports = {${[...files].map((file) => `'${file}': () => require('./${file}')`)}}`

await rm('dist', { recursive: true, force: true })
// V8 learns of every function of a bundle as it reads it. So what a usual run does not need is a bundle of its own, to which the usual one
// lends its modules: each is there once, and a Failure is a Failure in both.
const files = await filesOfUsualRun()
const lent = new Set()
const rare = await build({
  ...ofHook,
  entryPoints: { rare: 'lotse:rare' },
  plugins: [
    ...plugins,
    written('lotse:rare', loading(files.rare)),
    standingIn('lent', files.usual, async (file) => {
      lent.add(file)
      const module = `lotseLent['${file}']()`
      if (!file.endsWith('.mjs')) return `module.exports = ${module}`
      const names = Object.keys(await import(new URL(`../../${file}`, import.meta.url)))
      const others = names.filter((name) => name !== 'default')
      return `const module = ${module}\nexport default module.default\nexport const { ${others} } = module`
    }),
  ],
  banner: {
    js: `(function(require,__filename,__dirname,lotseLent){const module={exports:{}};${prelude}`,
  },
  footer: { js: 'return module.exports})' },
})
const hook = await build({
  ...ofHook,
  entryPoints: { hook: 'hook/main.ts' },
  plugins: [
    ...plugins,
    written('lotse:lent', loading(lent)),
    written('lotse:rare', `module.exports = lotseLoad('rare').run(require('lotse:lent'))`),
    standingIn('rare', files.rare, (file) => `module.exports = require('lotse:rare')['${file}']()`),
  ],
  // Both are functions, much as Node wraps a module in one, for launch.cjs to call.
  banner: { js: `(function(require,__filename,__dirname,exports,module,lotseLoad){\n${prelude}` },
  footer: { js: '})' },
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
  const bundled = [hook, rare, kubernetes].flatMap((each) => Object.keys(each.metafile.inputs))
  await writeFile(inputs, JSON.stringify([...bundled, ...copied.map((name) => `node_modules/${name}/package.json`)]))
}
