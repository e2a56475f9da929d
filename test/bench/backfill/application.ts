import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** What an application sees: the milliseconds of its point queries, and those of its updates of rows that a batch is about to change. */
export type Seen = { readonly reads: number[]; readonly writes: number[] }

/** Reads rows by their key a hundred times a second, and writes to those right behind the cursor of the backfill, until `over` resolves. */
export async function application(url: string, rows: number, over: Promise<unknown>): Promise<Seen> {
  let running = true
  const end = over.then(
    () => {
      running = false
    },
    () => {
      running = false
    },
  )
  const [reads, writes]: [number[], number[]] = [[], []]
  const each = async (times: number[], ask: (client: pg.Client) => Promise<unknown>, pause: number): Promise<void> => {
    const client = new pg.Client(url)
    await client.connect()
    while (running) {
      const asked = performance.now()
      await ask(client)
      times.push(performance.now() - asked)
      await delay(pause)
    }
    await client.end()
  }
  let cursor = 1
  const follow = async (): Promise<void> => {
    const client = new pg.Client(url)
    await client.connect()
    while (running) {
      const found = await client
        .query('select cursor::int as cursor from lotse_history_backfills')
        .catch(() => ({ rows: [] }))
      cursor = found.rows[0]?.cursor ?? cursor
      await delay(20)
    }
    await client.end()
  }
  const any = (): number => 1 + Math.floor(Math.random() * rows)
  await Promise.all([
    end,
    follow(),
    ...[1, 2].map(() => each(reads, (client) => client.query('select note from orders where id = $1', [any()]), 20)),
    each(writes, (client) => client.query('update orders set seen = seen + 1 where id = $1', [near(cursor, rows)]), 10),
  ])
  return { reads, writes }
}

/** One of the rows of the next few batches. */
function near(cursor: number, rows: number): number {
  return Math.min(rows, cursor + 1 + Math.floor(Math.random() * 5_000))
}
