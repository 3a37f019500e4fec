import { readFile } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { packageFile } from '../docs.ts'
import type { Rehearsal } from '../rehearsal.ts'
import { reportNames, reports, type ReportName } from '../reports/index.ts'

/** Real rehearsals, saved: of the worked example and of the broken sets `throws-half-way` and `no-specs`. */
export const savedNames = ['passed', 'failed', 'unverified'] as const

export async function savedRehearsal(name: (typeof savedNames)[number]): Promise<Rehearsal> {
  return JSON.parse(await readFile(packageFile(`fixtures/reports/${name}.json`), 'utf8'))
}

/** What each report of each saved rehearsal must be, by path; `npm run docs` writes them. */
export async function goldenFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const name of savedNames) {
    const rehearsal = await savedRehearsal(name)
    for (const report of reportNames.filter((it) => it !== 'json')) {
      const text = reports[report].render(rehearsal)
      const path = `fixtures/reports/${name}/${report}.${extensions[report]}`
      files.set(path, report === 'terminal' ? stripVTControlCharacters(text) : text)
    }
  }
  return files
}

const extensions: Record<ReportName, string> = {
  github: 'txt',
  gitlab: 'json',
  html: 'html',
  json: 'json',
  junit: 'xml',
  markdown: 'md',
  sarif: 'json',
  terminal: 'txt',
}
