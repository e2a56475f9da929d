// Keeps what V8 compiles during a run with nothing to do, for launch.cjs: functions that such a run does not call stay out, since
// reading them takes time, too; of rare.js, what it takes to know its modules. The run is a real one, against a server of three answers (PostgreSQL docs 54.7 "Message Formats").
const { createHash } = require('node:crypto')
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { createServer } = require('node:net')
const { tmpdir } = require('node:os')

const folder = mkdtempSync(`${tmpdir()}/lotse-`)
const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const sql = 'select 1;'
mkdirSync(`${folder}/migrations`)
writeFileSync(`${folder}/migrations/001_first.sql`, sql)

const int16 = (value) => Buffer.from([value >> 8, value])
const int32 = (value) => Buffer.from([value >> 24, value >> 16, value >> 8, value])
const message = (type, ...parts) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}
const row = (columns) => {
  const all = Object.entries(columns)
  const names = all.flatMap(([name, [type]]) => [`${name}\0`, int32(0), int16(0), int32(type), int16(-1), int32(-1), int16(0)])
  const values = all.flatMap(([, [, value]]) => [int32(value.length), value])
  return [message('T', int16(all.length), ...names), message('D', int16(all.length), ...values), message('C', 'SELECT 1\0')]
}
const ready = message('Z', 'I')
const [int4, text] = [23, 25]
const login = [message('R', int32(0)), message('K', int32(1), int32(1)), ready]
const upToDate = [
  message('C', 'SET\0'),
  ...row({ text: [text, 'Lotse history, format 1'] }),
  ...row({ amount: [int4, '1'], digest: [text, sha256(`001_first/sha256:${sha256(sql)}/applied/`)] }),
  ready,
]
const server = createServer((socket) => {
  socket.once('data', () => {
    socket.write(Buffer.concat(login))
    socket.on('data', ([type]) => (type === 'Q'.charCodeAt(0) ? socket.write(Buffer.concat(upToDate)) : socket.end()))
  })
})
server.listen(`${folder}/.s.PGSQL.5432`, () => {
  const said = []
  process.stdout.write = (line) => said.push(line) > 0
  process.argv = [process.argv[0], 'lotse', 'up', '--migrations', `${folder}/migrations`]
  process.env = { PGHOST: folder, PGUSER: 'lotse' }
  const { load, hook } = require('./lotse.js')
  process.on('exit', (code) => {
    rmSync(folder, { recursive: true })
    const rare = load('rare')
    rare.run({})
    if (code === 0) for (const { script, cache } of [hook, rare]) writeFileSync(cache, script.createCachedData())
    else process.stderr.write(`the run that was to be compiled failed:\n${said.join('')}`)
  })
})
