import type { Finding, Verdict } from '../migration/finding.ts'
import { describeFinding } from './finding.ts'

/** Findings for programs: JSON, annotations of GitHub, and SARIF for code scanning. Pure. */

export function verdictJson(verdict: Verdict): string {
  return `${JSON.stringify(verdict)}\n`
}

/** Workflow commands, which GitHub shows beside the line of a pull request (docs.github.com, workflow commands for GitHub Actions). */
export function verdictGithub({ findings }: Verdict, folder: string): string {
  const commands = findings.map((finding) => {
    const { severity, file, line, column, rule } = finding
    const command = severity === 'note' ? 'notice' : severity
    const where = [`file=${folder}/${file}`, `line=${line}`, `col=${column}`, `title=${rule}`].map(escapeProperty)
    return `::${command} ${where.join(',')}::${escapeData(describeFinding(finding).slice(1).join('\n'))}\n`
  })
  return commands.join('')
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(',', '%2C').replace(/:/g, '%3A')
}

export type RuleText = { readonly name: string; readonly finds: string; readonly why: string }

/** SARIF 2.1.0 (OASIS), as GitHub's code scanning and other dashboards read it. */
export function verdictSarif(
  { findings, accepted }: Verdict,
  rules: readonly RuleText[],
  folder: string,
  version: string,
): string {
  const result = (finding: Finding, reason?: string): object => ({
    ruleId: finding.rule,
    level: finding.severity,
    message: {
      text: describeFinding(finding)
        .slice(1)
        .map((line) => line.replace(/^ {2}/, ''))
        .join('\n'),
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: `${folder}/${finding.file}`.replace(/^\.\//, '') },
          region: { startLine: finding.line, startColumn: finding.column },
        },
      },
    ],
    ...(reason ? { suppressions: [{ kind: 'inSource', justification: reason }] } : {}),
  })
  const driver = {
    name: 'lotse',
    version,
    rules: rules.map(({ name, finds, why }) => ({
      id: name,
      shortDescription: { text: finds },
      fullDescription: { text: why },
    })),
  }
  const results = [...findings.map((each) => result(each)), ...accepted.map((each) => result(each, each.reason))]
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, results }],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}
