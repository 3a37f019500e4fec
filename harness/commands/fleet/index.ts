import type { Command } from 'commander'
import type { DescribeCommand } from '../command.ts'
import { cancel } from './cancel.ts'
import { enqueue } from './enqueue.ts'
import { list } from './list.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { status } from './status.ts'
import { worker } from './worker.ts'

/** Every command of `rehearse fleet`, by the name it is called by. Add one by registering it here. */
export const fleetCommands = { run, list, report, worker, enqueue, status, cancel } satisfies Record<
  string,
  DescribeCommand
>

/** `rehearse fleet`: many databases, each rehearsed for itself, and one report over all. */
export function fleet(command: Command): void {
  command.description('Rehearse many databases that a fleet file lists, and report over all of them.')
  for (const [name, describe] of Object.entries(fleetCommands)) describe(command.command(name))
}
