import { Command } from 'commander'
import dotenv from 'dotenv'
import { exitCodeHelp } from './commands/exit-codes.ts'
import { commands } from './commands/index.ts'
import { startHeartbeat } from './heartbeat.ts'
import { version } from './version.ts'

async function main(): Promise<void> {
  startHeartbeat()
  dotenv.config({ quiet: true })
  const program = new Command('rehearse')
    .description('Rehearse a Postgres migration on your own production backup before production sees it.')
    .version(version)
    .showHelpAfterError('(add --help for what can be said)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .addHelpText('after', exitCodeHelp)
  for (const [name, describe] of Object.entries(commands)) describe(program.command(name))
  await program.parseAsync()
}

await main()
