/**
 * Text whose strings, names and comments all end in it: none has a dollar quote, a backslash or a block comment, so quotes and line
 * comments tell (PostgreSQL docs 4.1), each in one way only. What is sent after it cannot become a part of it.
 */
const closed = /^(?:[^'"$\\/-]|'[^']*'|"[^"]*"|--[^\n\r]*(?=[\n\r]|$)|-(?!-)|\/(?!\*))*$/

/** Longer texts are not looked through: what one more message takes does not matter for them. */
const longest = 20_000

/** Whether SQL of our own may follow this text in the same message. */
export function isClosed(text: string): boolean {
  return text.length <= longest && closed.test(text)
}
