import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'

export type WebServer = { readonly url: string; readonly stop: () => void }

/** Serves the files of one folder over plain HTTP, on a free loopback port. */
export async function serveFolder(folder: string): Promise<WebServer> {
  const server = createServer(async ({ url = '' }, response) => {
    try {
      response.end(await readFile(join(folder, basename(url))))
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const stop = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}`, stop }
}
