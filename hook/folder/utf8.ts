import { normalise } from '../migration/checksum.ts'

/** Decodes the bytes of a file, normalised. Adds to `problems`, with the place, when they are not UTF-8 or hold a NUL byte. */
export function decodeText(bytes: Buffer, file: string, problems: string[]): string {
  try {
    const text = normalise(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    const nul = bytes.indexOf(0)
    if (nul >= 0) {
      problems.push(
        `${file}, line ${lineOf(bytes, nul)}: holds a NUL byte, which PostgreSQL refuses; save it as UTF-8 text`,
      )
    }
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
  let [offset, counted] = [0, 0]
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) {
    offset += Buffer.byteLength(text.slice(counted, at))
    counted = at
    if (bytes.subarray(offset, offset + 3).toString('hex') !== 'efbfbd') return offset
  }
  return bytes.length
}

function lineOf(bytes: Buffer, offset: number): number {
  return bytes.subarray(0, offset).toString('latin1').split('\n').length
}
