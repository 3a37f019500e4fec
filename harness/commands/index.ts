import { backup } from './backup.ts'
import { clean } from './clean.ts'
import type { DescribeCommand } from './command.ts'
import { inspect } from './inspect.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { verifyBackup } from './verify-backup.ts'

/** Every command, by the name it is called by. Add one by registering it here. */
export const commands = {
  run,
  backup,
  'verify-backup': verifyBackup,
  inspect,
  report,
  clean,
} satisfies Record<string, DescribeCommand>
