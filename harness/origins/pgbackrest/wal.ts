import { join } from 'node:path'
import { z } from 'zod'
import { HarnessError } from '../../errors.ts'
import { count } from '../../reports/text.ts'
import type { ChosenSet } from './info.ts'
import { placedAt, type PgBackRest } from './program.ts'

/** WAL of the repository that recovery from a backup needs. */
export interface NeededWal {
  /** Segments in their order, then the histories of timelines. */
  readonly names: readonly string[]
  /** The last segment. */
  readonly last: string
  /** When that was archived, by the repository’s clock. */
  readonly archivedAt: Date
  readonly segments: readonly Segment[]
}

interface Segment {
  readonly name: string
  readonly archivedMs: number
}

/**
 * Lists the WAL from where the backup begins to where it ends, or to behind `target` (epoch milliseconds). Throws
 * HarnessError when it ends before `target`.
 */
export async function neededWal(
  program: PgBackRest,
  set: ChosenSet,
  target: number | undefined,
): Promise<NeededWal> {
  const folder = `archive/${program.stanza}/${set.archive}`
  const listed = await program.run('repo-ls', [
    '--output=json',
    '--recurse',
    `--repo=${set.repository}`,
    folder,
  ])
  const files = z
    .record(z.string(), z.object({ type: z.string(), time: z.number().optional() }))
    .parse(JSON.parse(listed))
  const names = Object.keys(files).map((path) => path.split('/').at(-1) ?? '')
  const timeline = set.walFrom.slice(0, 8)
  const histories = names.filter((name) => /^[0-9A-F]{8}\.history/.test(name) && name.slice(0, 8) > timeline)
  const all = Object.entries(files)
    .flatMap(([path, { time = 0 }]) => {
      const [, name] = /(?:^|\/)([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?$/.exec(path) ?? []
      return name === undefined ? [] : [{ name, archivedMs: time * 1000 }]
    })
    .filter(({ name }) => name.slice(0, 8) >= timeline && name.slice(8) >= set.walFrom.slice(8))
    .toSorted((one, other) => (order(one) < order(other) ? -1 : 1))
  const segments = target === undefined ? all : upTo(all, target)
  const last = segments.at(-1)
  if (last === undefined) throw hole(set.label, set.walFrom)
  if (target !== undefined && last.archivedMs < target) throw beyond(target, last)
  return {
    names: [
      ...segments.map(({ name }) => name),
      ...histories.map((name) => name.replace(/\.history.*$/, '.history')),
    ],
    last: last.name,
    archivedAt: new Date(last.archivedMs),
    segments,
  }
}

/** By place in the WAL, then by timeline. */
function order({ name }: Segment): string {
  return name.slice(8) + name.slice(0, 8)
}

/** Archiving may lag behind, and recovery stops at the first commit behind the target. */
function upTo(all: readonly Segment[], target: number): readonly Segment[] {
  const behind = all.findIndex(({ archivedMs }) => archivedMs > target + lagMs)
  return behind < 0 ? all : all.slice(0, behind + 1)
}

const lagMs = 3_600_000

/** Throws HarnessError for a hole, which would end recovery there as if that were all. */
export function requireWhole(
  { label, walFrom }: ChosenSet,
  { segments }: NeededWal,
  segmentBytes: number,
): void {
  const perLog = 0x1_0000_0000 / segmentBytes
  const number = (name: string): number =>
    Number.parseInt(name.slice(8, 16), 16) * perLog + Number.parseInt(name.slice(16), 16)
  let expected = number(walFrom)
  for (const { name } of segments) {
    const found = number(name)
    if (found > expected) throw hole(label, name)
    expected = found + 1
  }
}

/** Puts it where a server on `data` looks for it. Throws HarnessError. */
export async function fetchWal(
  program: PgBackRest,
  { names }: NeededWal,
  {
    data,
    repository,
    onProgress,
  }: { data: string; repository: number; onProgress: (detail: string) => void },
): Promise<void> {
  const waiting = [...names]
  let done = 0
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const args = [
        ...placedAt(data),
        `--repo=${repository}`,
        '--no-archive-async',
        name,
        join(data, 'pg_wal', name),
      ]
      await program.run('archive-get', args)
      onProgress(`fetching WAL, ${(done += 1)} of ${count(names.length, 'file')}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

const atOnce = 4

function hole(label: string, name: string): HarnessError {
  return new HarnessError(
    'backup-without-wal',
    `The repository lacks WAL that recovery from ${label} needs, before ${name}.`,
    {
      hint: 'See `pgbackrest check` and `pgbackrest verify`; archiving failed, or WAL has expired.',
    },
  )
}

function beyond(target: number, { name, archivedMs }: Segment): HarnessError {
  return new HarnessError(
    'target-time-beyond-wal',
    `The WAL in the repository does not reach to ${new Date(target).toISOString()}: its last, ${name}, was archived at ${new Date(archivedMs).toISOString()}.`,
    {
      hint: 'Take an earlier --target-time, or leave it out for all the WAL there is; archive_timeout bounds how far archiving lags.',
    },
  )
}
