// Writes hook/check/README.md from the rules. Run by `make docs`.
import { writeFileSync } from 'node:fs'
import { rulesPage } from '../check/rules-page.ts'

writeFileSync('hook/check/README.md', rulesPage())
