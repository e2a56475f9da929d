// The floor of applying: each file is one message with its own transaction and history row, and nothing is checked.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'

const [url, folder] = process.argv.slice(2)
const client = new pg.Client(url)
await client.connect()
await client.query('create table history (name text primary key, checksum text not null)')
for (const file of readdirSync(folder).sort()) {
  const text = readFileSync(`${folder}/${file}`, 'utf8')
  const checksum = createHash('sha256').update(text).digest('hex')
  await client.query(`begin; ${text}; insert into history values ('${file}', '${checksum}'); commit`)
}
await client.end()
