/** Another server that a migration needs, as a TCP endpoint. */
export type Service = { readonly host: string; readonly port: number }

/** How a service is called in messages, and written in the setting. */
export function describeService({ host, port }: Service): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Reads HOST:PORT; undefined when the text is none. An IPv6 address stands in brackets, as in a URL (RFC 3986, 3.2.2). */
export function parseService(text: string): Service | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? []
  const [host, port] = [bracketed ?? plain, Number(digits)]
  return host && port > 0 && port < 65_536 ? { host, port } : undefined
}
