import type { Command } from 'commander'
import type { DescribeCommand } from '../command.ts'
import { list } from './list.ts'
import { report } from './report.ts'
import { run } from './run.ts'

/** Every command of `rehearse fleet`, by the name it is called by. Add one by registering it here. */
export const fleetCommands = { run, list, report } satisfies Record<string, DescribeCommand>

/** `rehearse fleet`: many databases, each rehearsed for itself, and one report over all. */
export function fleet(command: Command): void {
  command.description('Rehearse many databases that a fleet file lists, and report over all of them.')
  for (const [name, describe] of Object.entries(fleetCommands)) describe(command.command(name))
}
