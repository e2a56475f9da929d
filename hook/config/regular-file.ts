import { closeSync, constants, openSync, readFileSync, type Stats, statSync, writeFileSync } from 'node:fs'

/** What is no regular file, in words. */
export function kindOf(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a named pipe (FIFO)'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

/**
 * The text of a file that somebody else has named; links are followed. Throws for what is no regular file: opening a FIFO waits
 * for whoever writes into it, and a device may never end. The error's message is a phrase for reasonOf().
 */
export function readRegularFile(path: string): string {
  const kind = kindOf(statSync(path))
  if (kind) throw new Error(`it is ${kind}, not a file`)
  return readFileSync(path, 'utf8')
}

/** Writes a file that somebody else has named, which may be a device such as /dev/stderr. Throws instead of waiting for a reader. */
export function writeAtOnce(path: string, text: string): void {
  const file = openAtOnce(path)
  try {
    writeFileSync(file, text)
  } finally {
    closeSync(file)
  }
}

function openAtOnce(path: string): number {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants
  try {
    return openSync(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK)
  } catch (cause) {
    // What a FIFO or a socket that nobody reads answers (open(2)).
    if ((cause as NodeJS.ErrnoException).code !== 'ENXIO') throw cause
    throw new Error(`it is ${kindOf(statSync(path)) ?? 'a file'} that nobody reads`, { cause })
  }
}

/** Why a file could not be read or written: the system's code where it gave one. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
