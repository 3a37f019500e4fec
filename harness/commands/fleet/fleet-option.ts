import { Option, type Command } from 'commander'
import { readFleet } from '../../fleet/fleet-file.ts'
import type { Fleet } from '../../fleet/fleet.ts'

/** Adds `--fleet PATH`, which `fleetOf` reads. */
export function addFleetOption(command: Command): void {
  command.addOption(new Option('--fleet <path>', 'fleet file').env('REHEARSAL_FLEET').default('fleet.yaml'))
}

/** The fleet that the options name. Throws HarnessError where it is not valid or cannot be listed. */
export async function fleetOf({ fleet }: { readonly fleet: string }): Promise<Fleet> {
  return await readFleet(fleet, process.cwd(), { environment: process.env })
}
