import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { backupFormats } from './backups/index.ts'
import { budgetKinds } from './budgets/index.ts'
import { engines } from './engines/index.ts'
import { findingSections } from './findings-docs.ts'
import { fleetJsonSchema } from './fleet/document-schema.ts'
import { hazardsPage } from './hazards-docs.ts'
import { rehearsalJsonSchema } from './reports/schema.ts'
import { verificationJsonSchema } from './reports/verification.ts'
import { manifestJsonSchema } from './backups/manifest.ts'
import { reports } from './reports/index.ts'
import { envExample, settingsTable } from './settings-docs.ts'

interface Described {
  readonly name: string
  readonly description: string
}

/**
 * Every file that is generated from the code, by path from the package's root, with the content it must
 * have; in a page only what lies between its `generated` markers.
 */
export async function generatedFiles(): Promise<Map<string, string>> {
  const configuration = await page('docs/configuration.md', {
    settings: settingsTable(),
    engines: registryTable(engines),
    backups: registryTable(backupFormats),
    reports: registryTable(reports),
  })
  const findings = await page('docs/findings.md', findingSections())
  const history = await page('docs/history.md', { budgets: registryTable(budgetKinds) })
  return new Map([
    ['.env.example', envExample()],
    ['docs/rehearsal.schema.json', jsonText(rehearsalJsonSchema())],
    ['docs/backup-verification.schema.json', jsonText(verificationJsonSchema())],
    ['docs/fleet.schema.json', jsonText(fleetJsonSchema())],
    ['docs/backup-manifest.schema.json', jsonText(manifestJsonSchema())],
    ['docs/configuration.md', configuration],
    ['docs/findings.md', findings],
    ['docs/history.md', history],
    ['docs/hazards.md', await hazardsPage(packageFile('fixtures/hazards'))],
  ])
}

/** Absolute path of a file of the package. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

function registryTable(registry: Readonly<Record<string, Described>>): string {
  const rows = Object.values(registry).map(({ name, description }) => `| \`${name}\` | ${description} |`)
  return ['| name | what it is |', '| --- | --- |', ...rows].join('\n')
}

async function page(path: string, sections: Readonly<Record<string, string>>): Promise<string> {
  let text = await readFile(packageFile(path), 'utf8')
  for (const [name, content] of Object.entries(sections)) {
    const marker = new RegExp(`(<!-- generated: ${name} -->\n)[^]*?(<!-- end -->)`)
    if (!marker.test(text)) throw new Error(`${path} has no place for ${name}`)
    text = text.replace(marker, (_, start: string, end: string) => `${start}\n${content}\n\n${end}`)
  }
  return text
}
