import { z } from 'zod'
import { HarnessError } from '../../errors.ts'
import { readable, undecipherable, type PgBackRest } from './program.ts'

/** The backup that is restored. */
export interface ChosenSet {
  /** `20260131-020000F_20260201-020000I`. */
  readonly label: string
  /** As it will lie on disk. */
  readonly bytes: number
  /** Number of the repository. */
  readonly repository: number
  /** Folder of the WAL: `15-1`. */
  readonly archive: string
  /** WAL file that recovery begins with. */
  readonly walFrom: string
  readonly systemIdentifier: string
}

const backupSchema = z.object({
  label: z.string(),
  error: z.boolean().nullish(),
  database: z.object({ id: z.number(), 'repo-key': z.number() }),
  archive: z.object({ start: z.string().nullable() }),
  info: z.object({ size: z.number() }),
  timestamp: z.object({ stop: z.number() }),
})

const infoSchema = z.array(
  z.object({
    archive: z.array(
      z.object({ database: z.object({ id: z.number(), 'repo-key': z.number() }), id: z.string() }),
    ),
    backup: z.array(backupSchema),
    db: z.array(z.object({ id: z.number(), 'repo-key': z.number(), 'system-id': z.string() })),
    status: z.object({ code: z.number(), message: z.string() }),
    repo: z.array(z.object({ status: z.object({ code: z.number(), message: z.string() }) })),
  }),
)

/**
 * The newest backup of the stanza, or the newest that was complete at `target` (epoch milliseconds). Throws
 * HarnessError when there is none.
 */
export async function chooseSet(program: PgBackRest, target: number | undefined): Promise<ChosenSet> {
  const { stanza } = program
  // A system identifier has more digits than a number of JavaScript.
  const text = (await program.run('info', ['--output=json'])).replaceAll(/("system-id":)(\d+)/g, '$1"$2"')
  const [found] = parsedInfo(text)
  if (found === undefined) throw noStanza(stanza, 'it is not listed')
  const { status, backup, archive, db, repo } = found
  if (backup.length === 0)
    throw nothingThere(
      stanza,
      status.code,
      [status, ...repo.map((it) => it.status)].map((it) => it.message),
    )
  const byAge = backup.toSorted((one, other) => other.timestamp.stop - one.timestamp.stop)
  const set = byAge.find(({ timestamp }) => target === undefined || timestamp.stop * 1000 <= target)
  if (set === undefined) throw beforeAll(stanza, byAge.at(-1)?.timestamp.stop ?? 0, target ?? 0)
  if (set.error === true) throw damaged(set.label)
  const { id, 'repo-key': repository } = set.database
  const isOf = (it: { id: number; 'repo-key': number }) => it.id === id && it['repo-key'] === repository
  const folder = archive.find(({ database }) => isOf(database))?.id
  const identifier = db.find(isOf)?.['system-id']
  const walFrom = set.archive.start
  if (folder === undefined || identifier === undefined || walFrom === null) throw withoutWal(set.label)
  return {
    label: set.label,
    bytes: set.info.size,
    repository,
    archive: folder,
    walFrom,
    systemIdentifier: identifier,
  }
}

function parsedInfo(text: string) {
  // What it cannot decipher stands in its messages as it is.
  const parsed = infoSchema.safeParse(JSON.parse(text.replaceAll(/\p{Cc}/gu, ' ')))
  if (parsed.success) return parsed.data
  throw new HarnessError(
    'pgbackrest-failed',
    `What pgbackrest info says is not understood: ${z.prettifyError(parsed.error)}`,
    {
      hint: 'Versions 2.39 to 2.5x are; please report it with the version.',
    },
  )
}

function nothingThere(stanza: string, code: number, messages: readonly string[]): HarnessError {
  const said = readable(messages.join('\n'))
  if (messages.some((message) => undecipherable.test(message))) {
    return new HarnessError(
      'pgbackrest-wrong-passphrase',
      `The repository of the stanza ${stanza} cannot be deciphered.`,
      {
        hint: 'Set the repository’s own cipher type and passphrase: repo1-cipher-pass in its configuration, or PGBACKREST_REPO1_CIPHER_PASS.',
      },
    )
  }
  if (code === 1) return noStanza(stanza, said)
  return new HarnessError('backup-missing', `The stanza ${stanza} has no backup that can be read: ${said}.`, {
    hint: 'See `pgbackrest info`, and take one with `pgbackrest backup`.',
  })
}

function noStanza(stanza: string, why: string): HarnessError {
  return new HarnessError('pgbackrest-no-stanza', `The repository has no stanza ${stanza}: ${why}.`, {
    hint: '`pgbackrest info` lists those that it has; --pgbackrest-config says which repository is meant.',
  })
}

function beforeAll(stanza: string, firstStop: number, target: number): HarnessError {
  return new HarnessError(
    'target-time-before-backup',
    `No backup of the stanza ${stanza} was complete at ${new Date(target).toISOString()}: the oldest there is was at ${new Date(firstStop * 1000).toISOString()}.`,
    { hint: 'Take a later --target-time.' },
  )
}

function damaged(label: string): HarnessError {
  return new HarnessError(
    'backup-corrupt',
    `The backup ${label} has pages with wrong checksums, as pgbackrest says.`,
    {
      hint: 'See `pgbackrest info --set` for which, look after production’s disk, and take another backup.',
    },
  )
}

function withoutWal(label: string): HarnessError {
  return new HarnessError(
    'backup-without-wal',
    `The repository does not say where the WAL of the backup ${label} is.`,
    {
      hint: 'See `pgbackrest info`; a backup that was taken with --no-online needs none and cannot be rehearsed on.',
    },
  )
}
