import { Option, type Command } from 'commander'
import { parseDuration } from '../config-schema.ts'
import { sizeOf } from '../config-values.ts'
import { engines } from '../engines/index.ts'
import type { Engine, Shelf } from '../engines/engine.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { renderSnapshots } from '../reports/snapshots.ts'
import { snapshotsToPrune } from '../snapshots/prune.ts'
import { listSnapshots, removeSnapshot, type Snapshot } from '../snapshots/store.ts'
import { act } from './act.ts'
import type { Options } from './setting-options.ts'

/** `rehearse snapshots`: what backups were restored to, kept for the next rehearsal of them. */
export function snapshots(command: Command): void {
  command.description('List, remove or prune the restored backups that are kept for the next rehearsal.')
  command
    .command('ls', { isDefault: true })
    .description('list them, the last used first')
    .option('--json', 'print one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      await act(async () => {
        const all = (await stored()).map(({ snapshot }) => snapshot)
        process.stdout.write(
          json === true ? `${JSON.stringify(all, undefined, 2)}\n` : renderSnapshots(all, new Date()),
        )
      })
    })
  command
    .command('rm')
    .description('remove those whose keys begin so')
    .argument('<key...>')
    .action(async (keys: string[]) => {
      await act(async () => await remove(keys))
    })
  command
    .command('prune')
    .description('remove the least recently used ones that are not in use')
    .addOption(new Option('--keep-last <number>', 'leave so many'))
    .addOption(new Option('--max-size <size>', 'until all of them take no more than this: 20GB'))
    .addOption(new Option('--max-age <time>', 'those not used for so long: 14d'))
    .action(async (options: Options) => {
      await act(async () => await prune(options))
    })
}

interface Stored {
  readonly shelf: Shelf
  readonly snapshot: Snapshot
}

async function stored(): Promise<Stored[]> {
  const shelves = Object.values<Engine>(engines).flatMap(({ freezing }) => freezing?.shelf ?? [])
  const all = await Promise.all(
    shelves.map(async (shelf) => (await listSnapshots(shelf)).map((snapshot) => ({ shelf, snapshot }))),
  )
  return all
    .flat()
    .toSorted((one, other) => Number(other.snapshot.lastUsedAt) - Number(one.snapshot.lastUsedAt))
}

async function remove(keys: readonly string[]): Promise<void> {
  const all = await stored()
  for (const key of keys) {
    const found = all.filter(({ snapshot }) => snapshot.key.startsWith(key))
    const [only, ...others] = found
    if (only === undefined || others.length > 0) {
      throw new HarnessError(
        'snapshot-unknown',
        `${key} is ${others.length > 0 ? 'several snapshots' : 'no snapshot'}.`,
        {
          hint: '`rehearse snapshots` lists them; give as much of a key as only one has.',
        },
      )
    }
    if (only.snapshot.clones > 0) throw inUse(only.snapshot)
    await removeAndSay(only)
  }
}

async function prune(options: Options): Promise<void> {
  const text = (name: string) => options[name] as string | undefined
  const [keepLast, maxSize, maxAge] = [text('keepLast'), text('maxSize'), text('maxAge')]
  if (keepLast === undefined && maxSize === undefined && maxAge === undefined)
    throw invalid('none of --keep-last, --max-size and --max-age is given')
  const limits = {
    keepLast: parsed(keepLast, (it) => (/^\d+$/.test(it) ? Number(it) : Number.NaN)),
    maxBytes: parsed(maxSize, sizeOf),
    maxAgeMs: parsed(maxAge, parseDuration),
  }
  const all = await stored()
  const gone = snapshotsToPrune(
    all.map(({ snapshot }) => snapshot),
    limits,
    { now: new Date() },
  )
  for (const each of all.filter(({ snapshot }) => gone.includes(snapshot))) await removeAndSay(each)
  if (gone.length === 0) console.log('Nothing to remove.')
}

function parsed(text: string | undefined, parse: (text: string) => number): number | undefined {
  if (text === undefined) return undefined
  try {
    const value = parse(text)
    if (Number.isNaN(value)) throw new Error(`${text} is not a number`)
    return value
  } catch (error) {
    throw invalid(messageOf(error))
  }
}

async function removeAndSay({ shelf, snapshot }: Stored): Promise<void> {
  await removeSnapshot(shelf, snapshot)
  console.log(`Removed snapshot ${snapshot.key.slice(0, 8)} of ${snapshot.record.backup.path}.`)
}

function inUse({ key, clones }: Snapshot): HarnessError {
  return new HarnessError('snapshot-in-use', `Snapshot ${key.slice(0, 8)} has ${clones} clones alive.`, {
    hint: 'Wait for the rehearsals on it, or remove its clones: `rehearse clone ls`, `rehearse clean`.',
  })
}

function invalid(why: string): HarnessError {
  return new HarnessError('invalid-option', `Nothing was removed: ${why}.`, {
    hint: 'See `rehearse snapshots prune --help`.',
  })
}
