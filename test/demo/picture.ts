/** Draws test/demo/demo.svg from the output of the demo on standard input, which it passes on. Run by `make demo-picture`. */
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { draw, failingChapter, wrap } from './terminal.ts'

const output = await text(process.stdin.on('data', (chunk) => process.stdout.write(chunk)))
writeFileSync('test/demo/demo.svg', draw(failingChapter(output).flatMap(wrap)))
