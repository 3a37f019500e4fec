import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import type { Command } from 'commander'
import { describeBaseline, type BaselineFile } from '../baseline/baseline.ts'
import { liveView } from '../live-view.ts'
import { act } from './act.ts'
import { addSettings, backupPlace, planOf, type Options } from './setting-options.ts'

const help = `
Exit codes:
  0    the files are written; with --check: they are as they should be
  1    with --check: at least one is not
  2    the backup could not be restored, or the migration could not be proved exact; nothing is written

The document keeps what is outside the markers <!-- pg-rehearsal:schema:begin --> and :end -->.
`

/** `rehearse baseline`: the schema of a backup as SQL, as a document and as the first migration. */
export function baseline(command: Command): void {
  command
    .description(
      "Write the backup's schema as schema.sql, as a section of ARCHITECTURE.md, and as a first Kysely migration that is proved to make exactly it.",
    )
    .addHelpText('after', help)
    .option('--schema <path>', 'where the SQL goes', 'schema.sql')
    .option('--no-schema', 'write no SQL')
    .option('--document <path>', 'Markdown file that gets the section', 'ARCHITECTURE.md')
    .option('--no-document', 'write no document')
    .option(
      '--migration <path>',
      'file of the migration; auto: 0000_baseline.ts, unless there are migrations',
      'auto',
    )
    .option('--no-migration', 'write no migration')
    .option('--check', 'write nothing, and say whether SQL and document are as they should be')
  addSettings(command, ['backup', ...backupPlace, 'database', 'engine', 'postgres', 'image', 'migrations'])
  command.action(async (options: Options) => {
    await act(async ({ redactor, signal }) => {
      const check = options['check'] === true
      const view = liveView(process.stderr, redactor)
      const { files, notes } = await describeBaseline(
        await planOf(options),
        {
          schema: path(options['schema']),
          document: path(options['document']),
          migration: check ? undefined : path(options['migration']),
        },
        { observe: view.observe, signal, redactor },
      )
      view.close()
      for (const note of notes) console.log(note)
      if (check) return files.map((file) => report(file)).some((stale) => stale) ? 1 : 0
      for (const file of files) await write(file)
      return 0
    })
  })
}

/** commander gives false for `--no-x`. */
function path(option: unknown): string | undefined {
  return typeof option === 'string' ? option : undefined
}

function report({ path, current }: BaselineFile): boolean {
  console.log(`${current ? 'current' : 'stale'} ${relative(process.cwd(), path)}`)
  return !current
}

async function write({ path, text, current }: BaselineFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  if (!current) await writeFile(path, text)
  console.log(`${current ? 'unchanged' : 'written'} ${relative(process.cwd(), path)}`)
}
