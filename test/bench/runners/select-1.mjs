// The floor of every Node runner: node, pg and one query.
import pg from 'pg'

const [url] = process.argv.slice(2)
const client = new pg.Client(url)
await client.connect()
await client.query('select 1')
await client.end()
