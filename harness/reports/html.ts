import type { Rehearsal } from '../rehearsal.ts'
import { estimatesSection } from './html/estimates.ts'
import { findingsSection } from './html/findings.ts'
import { markup, type Markup } from './html/markup.ts'
import { migrationsSection } from './html/migrations.ts'
import { overview } from './html/overview.ts'
import { clientsSection } from './html/clients.ts'
import { crashesSection } from './html/crashes.ts'
import { backupSection, limitsSection, versionsSection } from './html/provenance.ts'
import { hasRollback, rollbackSection } from './html/rollback.ts'
import { specsSection, tablesSection } from './html/sections.ts'
import { shell } from './html/shell.ts'
import { timelineSection } from './html/timeline.ts'
import { trendsSection } from './html/trends.ts'
import type { Report } from './report.ts'
import { verdictTitles } from './text.ts'

/** One file for people, also on a phone and on paper. */
export const html = {
  name: 'html',
  description: 'one self-contained page for people, also on a phone and on paper',
  render: (rehearsal) => page(rehearsal).html,
} satisfies Report

function page(rehearsal: Rehearsal): Markup {
  const { tool, verdict, summary } = rehearsal
  return shell({
    title: `${verdictTitles[verdict]}: migration rehearsal`,
    description: summary,
    skip: 'Skip to the findings',
    body: markup`${overview(rehearsal)}
${jumps(rehearsal)}
<main class="wrap" id="main">
${clientsSection(rehearsal)}${findingsSection(rehearsal.findings)}${timelineSection(rehearsal)}${migrationsSection(rehearsal)}${rollbackSection(rehearsal)}${crashesSection(rehearsal)}${estimatesSection(rehearsal)}${tablesSection(rehearsal)}${specsSection(rehearsal)}${trendsSection(rehearsal)}${backupSection(rehearsal)}${limitsSection(rehearsal)}${versionsSection(rehearsal)}
</main>
<footer><div class="wrap">${tool.name} ${tool.version}, rehearsal <code>${rehearsal.id}</code>. This page is complete in itself: it loads nothing and runs no script.</div></footer>`,
  })
}

function jumps(rehearsal: Rehearsal): Markup {
  const { findings, migrations, crashes, tables, specs, probes, trends } = rehearsal
  const entries: readonly (readonly [string, string, number?])[] = [
    ...(probes === undefined ? [] : ([['clients', 'Clients', probes.tables.length]] as const)),
    ['findings', 'Findings', findings.length],
    ['timeline', 'Timeline'],
    ['migrations', 'Migrations', new Set(migrations.map(({ name }) => name)).size],
    ...(hasRollback(rehearsal) ? [['rollback', 'Ways back'] as const] : []),
    ...(crashes.length === 0 ? [] : ([['crashes', 'Deaths', crashes.length]] as const)),
    ['data', 'Data', tables.length],
    ['specs', 'Specs', specs.reduce((sum, pass) => sum + pass.passed + pass.failed, 0)],
    ...(trends === null || trends.series.length === 0 ? [] : ([['trends', 'Trends']] as const)),
    ['backup', 'Backup'],
    ['limits', 'Limits'],
    ['versions', 'Versions'],
  ]
  return markup`<nav class="jump" aria-label="Parts of this report"><div class="wrap"><ul>${entries.map(
    ([id, title, number]) =>
      markup`<li><a href="#${id}">${title}${number !== undefined && markup` <span>${number}</span>`}</a></li>`,
  )}</ul></div></nav>`
}
