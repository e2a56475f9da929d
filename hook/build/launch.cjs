#!/usr/bin/env node
// What `lotse` starts: the bundle beside it, with the code that precompile.cjs has let V8 make of it, which spares a run with
// nothing to do a quarter of its time. The file's name says for which Node; for any other, V8 compiles as it goes.
const { readFileSync } = require('node:fs')
const { constants, Script } = require('node:vm')

/** A bundle as a function: hook.js, and rare.js, which it loads when it needs it. */
exports.load = (name) => {
  const filename = `${__dirname}/${name}.js`
  const cache = `${__dirname}/${name}-${process.version}-${process.arch}.cache`
  let cachedData
  try {
    cachedData = readFileSync(cache)
  } catch {}
  const script = new Script(readFileSync(filename, 'latin1'), {
    filename,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  return { script, cache, run: (...args) => script.runInThisContext()(require, filename, __dirname, ...args) }
}
exports.hook = exports.load('hook')
exports.hook.run(exports, module, exports.load)
