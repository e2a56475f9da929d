// Writes hook/check/README.md from the rules. Run by `make docs`.
import { writeFileSync } from 'node:fs'
import { lintersSection } from '../check/other-linters.ts'
import { rulesPage } from '../check/rules-page.ts'

writeFileSync('hook/check/README.md', rulesPage() + lintersSection())
