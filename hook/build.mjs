// Bundles the hook into dist/, the folder that the image and the npm package carry. Run by `make dist`.
import { cp, mkdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { build } from 'esbuild'

const require = createRequire(import.meta.url)

/** Umzug loads its command line parser eagerly: 92 of the 105 ms its import takes. Nothing here uses it. */
const withoutUmzugCli = {
  name: 'without-umzug-cli',
  setup: ({ onLoad }) =>
    onLoad({ filter: /umzug\/lib\/cli\.js$/ }, () => ({ contents: 'exports.UmzugCLI = class {}' })),
}

await rm('dist', { recursive: true, force: true })
await build({
  entryPoints: { lotse: 'hook/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  legalComments: 'linked',
  external: ['pg-native', 'libpg-query'],
  plugins: [withoutUmzugCli],
  // pg and pino are CommonJS and call require for Node's own modules.
  banner: { js: `import{createRequire as lotseRequire}from'node:module';const require=lotseRequire(import.meta.url);` },
})
await cp('hook/database/history.sql', 'dist/history.sql')

// The parser finds its WebAssembly beside itself, so it stays a package of its own.
for (const name of ['libpg-query', '@pgsql/types']) {
  const from = dirname(require.resolve(`${name}/package.json`))
  await mkdir(dirname(`dist/node_modules/${name}`), { recursive: true })
  await cp(from, `dist/node_modules/${name}`, { recursive: true })
}
