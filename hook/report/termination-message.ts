/** Kubernetes keeps 4,096 bytes of a termination message; the promise to people is 2,000 characters. */
export function fitTerminationMessage(message: string): string {
  return shorten(message, { characters: 2_000, bytes: 4_096 })
}

export type Room = { readonly characters: number; readonly bytes: number }

/** Cuts a message to what fits, in the middle: its start says what happened and its end says what to do. Pure. */
export function shorten(message: string, { characters, bytes }: Room): string {
  const all = [...message]
  let text = message
  for (let keep = characters; [...text].length > characters || Buffer.byteLength(text) > bytes; keep -= 50) {
    const tail = Math.floor(keep / 3)
    text = `${all.slice(0, keep - tail).join('')}\n[…]\n${all.slice(-tail).join('')}`
  }
  return text
}
