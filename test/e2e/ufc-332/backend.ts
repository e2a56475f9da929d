/** A backend of several replicas. Its start used to run its migrations; now it only serves, and what it needs is there before. */
import { createServer } from 'node:http'
import { hostname } from 'node:os'
import pg from 'pg'

const version = process.env.BACKEND_VERSION ?? ''
const columns = version === '1' ? 'id, name' : 'id, name, email'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 })
pool.on('error', (error) => console.error(error.message))

const server = createServer(async (request, response) => {
  const answer = (status: number, body: object): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify({ version, pod: hostname(), ...body })}\n`)
  }
  try {
    // Ready means: the schema is what this version reads.
    const { rows } = await pool.query(`select ${columns} from accounts order by id limit 10`)
    answer(200, request.url === '/accounts' ? { accounts: rows } : {})
  } catch (error) {
    answer(500, { error: (error as Error).message })
  }
})
server.listen(8080)

process.on('SIGTERM', () => {
  server.close(() => void pool.end())
  server.closeIdleConnections()
})
