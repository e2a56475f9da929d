#!/usr/bin/env node
// What `lotse` starts: the bundle beside it, with the code that precompile.cjs has let V8 make of it, which spares a run with
// nothing to do a quarter of its time. The file's name says for which Node; for any other, V8 compiles as it goes.
const { readFileSync } = require('node:fs')
const { constants, Script } = require('node:vm')

const bundle = `${__dirname}/hook.js`
exports.cache = `${__dirname}/hook-${process.version}-${process.arch}.cache`

let cachedData
try {
  cachedData = readFileSync(exports.cache)
} catch {}
exports.script = new Script(readFileSync(bundle, 'latin1'), {
  filename: bundle,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
})
exports.script.runInThisContext()(exports, require, module, bundle, __dirname)
