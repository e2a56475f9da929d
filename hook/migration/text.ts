import { readFileSync } from 'node:fs'
import { normalise } from './checksum.ts'

/**
 * Reads a file as normalised text. Adds to `problems` when it is not UTF-8, holds a NUL byte or is empty.
 * Node decodes while it reads, which is quickest for thousands of files; it puts U+FFFD where it could not.
 */
export function readText(path: string, file: string, problems: string[]): string {
  const text = readFileSync(path, 'utf8')
  return text.includes('\uFFFD') || text.includes('\0') || text.trim() === ''
    ? decodeText(readFileSync(path), file, problems)
    : normalise(text)
}

function decodeText(bytes: Buffer, file: string, problems: string[]): string {
  try {
    const text = normalise(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    const nul = bytes.indexOf(0)
    if (nul >= 0) {
      problems.push(
        `${file}, line ${lineOf(bytes, nul)}: holds a NUL byte, which PostgreSQL refuses; save it as UTF-8 text`,
      )
    } else if (text.trim() === '') problems.push(`${file}: is empty; write the SQL or delete the file`)
    return text
  } catch {
    const at = firstInvalidByte(bytes)
    const byte = `byte 0x${bytes[at]?.toString(16)} at offset ${at}`
    problems.push(`${file}, line ${lineOf(bytes, at)}: is not UTF-8 (${byte}); save it as UTF-8`)
    return ''
  }
}

/** Offset of the first byte that UTF-8 cannot decode: where decoding puts a replacement character that the file does not hold. */
function firstInvalidByte(bytes: Buffer): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at))
    if (bytes.subarray(offset, offset + 3).toString('hex') !== 'efbfbd') return offset
  }
  return bytes.length
}

function lineOf(bytes: Buffer, offset: number): number {
  return bytes.subarray(0, offset).toString('latin1').split('\n').length
}
