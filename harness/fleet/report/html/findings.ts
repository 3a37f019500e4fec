import { markup, type Content, type Markup } from '../../../reports/html/markup.ts'
import { section } from '../../../reports/html/section.ts'
import { pill, severityTones } from '../../../reports/html/tone.ts'
import { count } from '../../../reports/text.ts'
import type { CommonFinding } from '../../common-findings.ts'
import type { FleetDocument } from '../../document.ts'
import type { FleetResult } from '../../fleet.ts'
import { databaseLink } from './link.ts'

/** Findings, and databases of each, before the rest is folded or left to the table of all. */
const shownFindings = 25
const shownDatabases = 12
/** Findings at most; the JSON has the rest. */
const findingsAtMost = 200

/** What was found, each once with the databases that have it. */
export function findingsSection(document: FleetDocument): Markup {
  const { findings, results } = document
  const byName = new Map(results.map((result) => [result.name, result]))
  const rehearsed = results.filter(({ rehearsal }) => rehearsal !== null).length
  const card = (finding: CommonFinding) => article(finding, byName, rehearsed)
  const rest = findings.slice(shownFindings, findingsAtMost)
  const left = findings.length - findingsAtMost
  return section(
    'findings',
    'Findings',
    findings.length === 0
      ? 'No database has a finding that matters.'
      : `${count(findings.length, 'finding')}, each with the databases that have it, of ${count(rehearsed, 'rehearsed database')}.`,
    markup`${findings.slice(0, shownFindings).map(card)}${
      rest.length > 0 && markup`<details><summary>${rest.length} more</summary>${rest.map(card)}</details>`
    }${left > 0 && markup`<p class="muted">${count(left, 'more finding')} in the JSON report.</p>`}`,
  )
}

const where = { error: 'fails in', unverified: 'not verified in', warning: 'in', notice: 'in' } as const

function article(
  { id, severity, migration, databases, message }: CommonFinding,
  byName: ReadonlyMap<string, FleetResult>,
  rehearsed: number,
): Markup {
  const tone = severityTones[severity]
  return markup`<article class="card finding ${tone}">
<h3>${pill(tone, severity === 'unverified' ? 'not verified' : severity)}<span>${
    migration !== null && `${migration} `
  }${where[severity]} ${databases.length} of ${rehearsed}</span><code class="id">${id}</code></h3>
<p>${message}</p>
<p class="small">${named(databases, byName)}</p>
</article>
`
}

function named(databases: readonly string[], byName: ReadonlyMap<string, FleetResult>): Content {
  const shown = databases.slice(0, shownDatabases).map((name) => byName.get(name))
  const more = databases.length - shownDatabases
  return markup`${shown.map(
    (result, index) => result !== undefined && markup`${index > 0 && ', '}${databaseLink(result)}`,
  )}${more > 0 && ` and ${more} more`}`
}
