import { Option, type Command } from 'commander'
import { HarnessError } from '../../errors.ts'
import type { Fleet, FleetDatabase } from '../../fleet/fleet.ts'
import { canariesOf } from '../../fleet/schedule.ts'
import { parseShard, shardOf, type Durations, type Shard } from '../../fleet/shard.ts'
import { readDocuments } from '../../fleet/stored.ts'

/** How a part of a fleet is chosen on the command line. */
export interface ShareOptions {
  readonly shard?: string
  readonly canaries: 'first' | 'only' | 'skip'
  readonly only?: readonly string[]
  readonly durations?: string
}

/** The databases that are this machine's, in the order of the fleet. */
export interface Share {
  readonly share: readonly FleetDatabase[]
  readonly shard: Shard | null
  readonly durations: Durations
}

/** Adds the flags that choose a part of the fleet. */
export function addShareOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--shard <which>',
        'rehearse only this share: 3/10, or auto for what the CI system or cluster says',
      ).env('REHEARSAL_SHARD'),
    )
    .addOption(
      new Option(
        '--durations <path>',
        'an earlier report (its directory): balances shards and begins with the longest',
      ),
    )
    .addOption(
      new Option(
        '--canaries <when>',
        'canaries first and the others only when they pass, or one of these alone',
      )
        .choices(['first', 'only', 'skip'])
        .default('first'),
    )
    .addOption(
      new Option('--only <name>', 'rehearse only this database; may be repeated').argParser(
        (name: string, all: string[] | undefined) => [...(all ?? []), name],
      ),
    )
}

/** Chooses the part that the options name. Throws HarnessError `invalid-option` on a name or shard that is none. */
export async function shareOf(fleet: Fleet, options: ShareOptions): Promise<Share> {
  const durations = options.durations === undefined ? new Map() : await durationsAt(options.durations)
  const shard = options.shard === undefined ? null : parseShard(options.shard, process.env)
  const named = fleet.databases.filter(({ name }) => options.only?.includes(name) ?? true)
  const unknown = options.only?.filter((name) => !named.some((database) => database.name === name)) ?? []
  if (unknown.length > 0) throw notInFleet(unknown)
  const canaries = canariesOf(fleet.databases, fleet.canary)
  const wanted =
    options.canaries === 'first'
      ? named
      : named.filter((database) => canaries.includes(database) === (options.canaries === 'only'))
  return { share: shard === null ? wanted : shardOf(wanted, shard, durations), shard, durations }
}

/** What each database took, by the reports there; of one that has several, the longest. */
async function durationsAt(path: string): Promise<Durations> {
  const durations = new Map<string, number>()
  for (const { document } of await readDocuments([path])) {
    for (const { name, durationMs, notRun } of document.results) {
      if (notRun === undefined) durations.set(name, Math.max(durationMs, durations.get(name) ?? 0))
    }
  }
  return durations
}

function notInFleet(names: readonly string[]): HarnessError {
  return new HarnessError('invalid-option', `Nothing was rehearsed: the fleet has no ${names.join(', ')}.`, {
    hint: '`rehearse fleet list` names its databases.',
  })
}
