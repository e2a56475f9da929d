import { closeSync, constants, openSync, readFileSync, type Stats, statSync, writeSync } from 'node:fs'

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

/** How long the reader of a full pipe is given to make room, and how often is tried. Milliseconds. */
const patience = 2_000
const pause = 20

/**
 * Writes a file that somebody else has named, which may be a device such as /dev/stderr, or a pipe that its reader has let fill up.
 * Throws instead of waiting for a reader that does not come or does not read.
 */
export function writeAtOnce(path: string, text: string): void {
  const file = openAtOnce(path)
  try {
    const bytes = Buffer.from(text)
    const deadline = performance.now() + patience
    for (let at = 0; at < bytes.length; ) {
      at += writeWhatFits(file, bytes.subarray(at))
      if (at === bytes.length) return
      if (performance.now() > deadline)
        throw new Error(`it is ${kindOf(statSync(path)) ?? 'a file'} whose reader does not read`)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
    }
  } finally {
    closeSync(file)
  }
}

/** Returns how many bytes there was room for; a full pipe has none (write(2), EAGAIN). */
function writeWhatFits(file: number, bytes: Buffer): number {
  try {
    return writeSync(file, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
    throw error
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
