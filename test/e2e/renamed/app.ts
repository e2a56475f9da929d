/** The customers of a shop: each request reads one, renames one and adds one. Release 1 knows the column full_name, those after it only name. */
import { createServer } from 'node:http'
import { hostname } from 'node:os'
import pg from 'pg'

const version = process.env.CUSTOMERS_VERSION ?? ''
const [named, column] = version === '1' ? ['customers', 'full_name'] : ['named_customers', 'name']

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 4 })
pool.on('error', (error) => console.error(error.message))

/** One of the first thousand customers. The others keep their names, so that the story can tell what the backfill has given them. */
const one = (): number => 1 + Math.floor(Math.random() * 1000)

/** Throws when a row has no name, or another than was given it. */
async function serve(): Promise<{ name: string }> {
  const { rows } = await pool.query(`select ${column} as name from ${named} where id = $1`, [one()])
  if (!rows[0]?.name) throw new Error('there is a customer without a name')
  const renamed = `update customers set ${column} = $1 where id = $2 returning ${column} as name`
  const name = `Renamed by release ${version}`
  const changed = await pool.query(renamed, [name, one()])
  if (changed.rows[0]?.name !== name) throw new Error(`a customer was renamed to ${changed.rows[0]?.name}`)
  await pool.query(`insert into customers (${column}) values ($1)`, [`Added by release ${version}`])
  return rows[0]
}

const server = createServer(async (request, response) => {
  const answer = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify({ version, pod: hostname(), ...body })}\n`)
  }
  try {
    if (request.url === '/healthz') {
      await pool.query('select 1')
      answer(200, { healthy: true })
    } else if (request.url === '/customers') answer(200, await serve())
    else answer(404, { error: 'try /customers or /healthz' })
  } catch (error) {
    answer(500, { error: (error as Error).message })
  }
})
server.listen(8080)

process.on('SIGTERM', () => {
  // Like a pod that finishes what takes long.
  if (process.env.STOPS === 'when it is killed') return
  server.close(() => void pool.end())
  server.closeIdleConnections()
})
