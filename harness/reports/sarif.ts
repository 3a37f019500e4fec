import type { Finding, Rehearsal, Severity } from '../rehearsal.ts'
import { exitCodes } from '../rehearsal.ts'
import { renderCaret } from './caret.ts'
import { fileOf, fingerprints } from './located.ts'
import type { Report } from './report.ts'
import { bySeverity } from './text.ts'

/**
 * SARIF 2.1.0, for GitHub code scanning and other viewers: a result per finding, located in the migration's file
 * where that is known. What could not be verified is an error here too: SARIF has no level that says so.
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export const sarif = {
  name: 'sarif',
  description: 'SARIF 2.1.0, for code scanning: findings at their migration files',
  render: (rehearsal) => `${JSON.stringify(logOf(rehearsal), undefined, 2)}\n`,
} satisfies Report

const levels: Record<Severity, 'error' | 'warning' | 'note'> = {
  error: 'error',
  unverified: 'error',
  warning: 'warning',
  notice: 'note',
}

function logOf(rehearsal: Rehearsal): object {
  const { tool, verdict, summary, startedAt, durationMs, id } = rehearsal
  const findings = bySeverity(rehearsal.findings)
  const rules = [...new Set(findings.map((finding) => finding.id))]
  const digests = fingerprints(findings)
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: tool.name,
            semanticVersion: tool.version,
            rules: rules.map((rule) => ({ id: rule, shortDescription: { text: rule.replaceAll('-', ' ') } })),
          },
        },
        automationDetails: { id: `pg-rehearsal/${id}` },
        invocations: [
          {
            executionSuccessful: verdict !== 'could-not-verify',
            exitCode: exitCodes[verdict],
            exitCodeDescription: summary,
            startTimeUtc: startedAt,
            endTimeUtc: new Date(Date.parse(startedAt) + durationMs).toISOString(),
          },
        ],
        columnKind: 'unicodeCodePoints',
        results: findings.map((finding, index) => ({
          ruleId: finding.id,
          ruleIndex: rules.indexOf(finding.id),
          level: levels[finding.severity],
          message: { text: messageOf(finding) },
          locations: [locationOf(rehearsal, finding)],
          partialFingerprints: { 'rehearsalFinding/v1': digests[index] },
          properties: { severity: finding.severity },
        })),
      },
    ],
  }
}

function messageOf({ subject, message, remedy, evidence }: Finding): string {
  return [
    `${subject}: ${message}`,
    ...(evidence?.statement === undefined ? [] : [renderCaret(evidence.statement)]),
    ...(evidence?.details ?? []),
    ...(remedy === undefined ? [] : [remedy]),
  ].join('\n')
}

function locationOf(rehearsal: Rehearsal, finding: Finding): object {
  const path = fileOf(rehearsal, finding)
  return {
    ...(path === undefined
      ? {}
      : {
          physicalLocation: {
            artifactLocation: {
              uri: path.toWellFormed().split('/').map(encodeURIComponent).join('/'),
              uriBaseId: '%SRCROOT%',
            },
            region: { startLine: 1 },
          },
        }),
    logicalLocations: [{ fullyQualifiedName: finding.subject }],
  }
}
