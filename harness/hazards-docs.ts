import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hazard } from './hazards/hazard.ts'
import { hazards } from './hazards/index.ts'

/** The text of `docs/hazards.md`: every hazard with the SQL of its fixtures, which the tests replay. */
export async function hazardsPage(fixtures: string): Promise<string> {
  const sections = await Promise.all(
    Object.values<Hazard>(hazards).map((hazard) => section(hazard, fixtures)),
  )
  return [intro, ...sections].join('\n')
}

const intro = `# Hazards

Generated from \`harness/hazards/\`; \`npm run docs\` writes it. What makes a hazard is what was seen on the copy: locks
taken, relations rewritten, rows read and written. How much it matters is what was measured: keeping clients waiting
for 1 s or more is an error, for 100 ms or more a warning, else it is a notice; \`hazards\` in the
[configuration](configuration.md) sets both limits and waives single findings. The same statement is a notice on 300
rows and an error on 30 million. The SQL below is in \`fixtures/hazards/\` and is replayed by the tests on Postgres 15 and 17.
`

async function section({ id, condition, effect, remedy, kysely }: Hazard, fixtures: string): Promise<string> {
  const [unsafe, safe] = await Promise.all(
    ['unsafe.sql', 'safe.sql'].map((file) => readFile(join(fixtures, id, file), 'utf8')),
  )
  return [
    `## \`${id}\`\n`,
    `${condition} ${effect}\n`,
    `\`\`\`sql\n-- unsafe\n${unsafe}\n-- safe\n${safe}\`\`\`\n`,
    `${remedy}\n`,
    `\`\`\`ts\n${kysely}\n\`\`\`\n`,
  ].join('\n')
}
