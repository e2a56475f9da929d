/** The demo's failing upgrade as a picture of a terminal. */

const columns = 116
const [size, leading, margin] = [12, 18, 20]
/** Advance of a character in the widest of the fonts below, in pixels. */
const advance = size * 0.61

/** The chapter of the demo in which Helm did not end with 0, and the demo's last line. Throws when there is none. */
export function failingChapter(output: string): string[] {
  const chapters = output.split(/^(?=━━━ )/m)
  const failing = chapters.find((chapter) => /^Helm's exit code +[^ 0]/m.test(chapter))
  const end = chapters.at(-1)
  if (failing === undefined || end === undefined) throw new Error('no chapter of this output has a Helm that failed')
  const lines = failing.trimEnd().split('\n')
  return [...lines, '', end.split('\n', 1)[0] ?? ''].map((line) => line.replaceAll(/^━+ | ━+$/g, ''))
}

/** Lines of at most 116 characters: a longer one goes on below, two columns further in. */
export function wrap(line: string): string[] {
  if (line.length <= columns) return [line]
  const indent = line.search(/\S/)
  const space = line.lastIndexOf(' ', columns)
  const cut = space > indent ? space : columns
  return [line.slice(0, cut), ...wrap(' '.repeat(indent === 0 ? 2 : indent) + line.slice(cut).trimStart())]
}

/** An SVG that shows these lines as they stand, on a card of its own, so that it is readable on any background. */
export function draw(lines: readonly string[]): string {
  const width = Math.ceil(columns * advance) + 2 * margin
  const height = lines.length * leading + 2 * margin + leading
  const texts = lines.map((line, at) => {
    const kind = kindOf(line)
    return `<text x="${margin}" y="${margin + leading * (at + 2)}"${kind && ` class="${kind}"`}>${escaped(line)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" xml:space="preserve">
<title>${escaped(lines[0] ?? '')}</title>
<style>
  text { font: ${size}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; fill: #24292f }
  rect { fill: #f6f8fa; stroke: #d0d7de }
  circle { fill: #afb8c1 }
  .strong { font-weight: bold }
  .bad { fill: #cf222e }
  .good { fill: #116329 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    rect { fill: #161b22; stroke: #30363d }
    circle { fill: #484f58 }
    .bad { fill: #ff7b72 }
    .good { fill: #7ee787 }
  }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${[0, 1, 2].map((at) => `<circle cx="${margin + 4 + at * 16}" cy="${margin - 2}" r="4.5"/>`).join('')}
${texts.join('\n')}
</svg>
`
}

function kindOf(line: string): string {
  if (/^\d\. |^\$ |^Five /.test(line)) return 'strong'
  if (/MigrationFailed|UPGRADE FAILED|^ *\| +\^$/.test(line)) return 'bad'
  if (/ 0 failed$/.test(line)) return 'good'
  return ''
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
