import { Command, CommanderError } from 'commander'
import { commands } from '../commands/index.ts'

/** What the program would refuse about these words after `rehearse`, before it does anything; undefined when nothing. */
export function refusalOf(words: readonly string[]): string | undefined {
  const program = idle()
  const [first = ''] = words
  if (!program.commands.some((it) => it.name() === first) && !first.startsWith('--')) {
    return `there is no command ${first}`
  }
  // In prose the name of a command alone is its name, and not how it is called.
  if (words.length === 1) return undefined
  try {
    program.parse(words, { from: 'user' })
    return undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? undefined : error.message
  }
}

/** The program's commands, which do nothing and throw where the program would end. */
function idle(): Command {
  const root = new Command('rehearse').version('0')
  for (const [name, describe] of Object.entries(commands)) describe(root.command(name))
  const all = [root]
  for (const command of all) {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} })
    if (command.commands.length === 0) command.action(() => {})
    all.push(...command.commands)
  }
  return root
}
