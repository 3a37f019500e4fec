import { bisect } from './bisect.ts'
import { clean } from './clean.ts'
import type { DescribeCommand } from './command.ts'
import { inspect } from './inspect.ts'
import { report } from './report.ts'
import { run } from './run.ts'

/** Every command, by the name it is called by. Add one by registering it here. */
export const commands = { run, inspect, bisect, report, clean } satisfies Record<string, DescribeCommand>
