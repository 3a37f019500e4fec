import { existsSync } from 'node:fs'
import { HarnessError } from '../errors.ts'
import { childEnvironment, nowhere } from '../migrator/environment.ts'
import type { Plan } from '../plan.ts'

/**
 * Throws HarnessError `command-names-server` when a migrator's command names a server by a URL or one that no child may
 * reach, and `migrations-not-found` when a certificate would sign no file at all. Variables that a command refers to are no danger: in its environment they name the copy.
 */
export function refuseCommands({ migrate, protectedUrls, certificate, migrations }: Plan): void {
  const { command, rollbackCommand } = migrate
  if (certificate !== undefined && !existsSync(migrations.path)) throw unsigned(migrations.path)
  for (const [setting, text] of Object.entries({ command, rollbackCommand })) {
    if (text === undefined) continue
    const words = text.match(/'[^']*'|"[^"]*"|\S+/g) ?? []
    const base = Object.fromEntries(
      [text, ...words].map((word, index) => [`WORD${index}`, word.replaceAll(/^['"]|['"]$/g, '')]),
    )
    const safe = childEnvironment({ connection: nowhere, protectedUrls, base, dotenvFiles: [] })
    if (Object.entries(base).every(([name, word]) => safe[name] === word)) continue
    throw new HarnessError(
      'command-names-server',
      `\`migrate.${setting}\` names a database server by itself; it could migrate that one instead of the copy.`,
      { hint: 'Let the command read DATABASE_URL (or PGHOST and the like), which name the copy.' },
    )
  }
}

function unsigned(path: string): HarnessError {
  return new HarnessError(
    'migrations-not-found',
    `A certificate is asked for, and ${path}, whose files it would sign, is not there.`,
    { hint: 'Name the folder of the files that the command runs, such as `migrations: prisma/migrations`.' },
  )
}
