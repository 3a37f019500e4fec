import { HarnessError } from '../errors.ts'
import { childEnvironment, nowhere } from '../migrator/environment.ts'
import type { Plan } from '../plan.ts'

/**
 * Throws HarnessError `command-names-server` when a migrator's command names a server by a URL or one that no child may
 * reach. Variables that a command refers to are no danger: in its environment they name the copy.
 */
export function refuseCommands({ migrate, protectedUrls }: Plan): void {
  const { command, rollbackCommand } = migrate
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
