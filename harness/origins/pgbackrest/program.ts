import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError } from '../../errors.ts'
import type { OriginRequest } from '../origin.ts'
import { withoutSecrets } from '../own-environment.ts'
import { runToFiles } from '../run-to-files.ts'

/** pgBackRest with the operator's configuration, for one stanza. */
export interface PgBackRest {
  readonly stanza: string
  /** Runs one of its commands with options and parameters and returns what it printed. Throws HarnessError with what it said when it fails. */
  run(command: string, args: readonly string[]): Promise<string>
}

/** Its credentials and passphrases stay in its own configuration and environment; nothing secret is an argument. */
export function pgBackRestFor(stanza: string, request: OriginRequest): PgBackRest {
  const { pgbackrest, scratch, cwd, run, signal } = request
  let calls = 0
  return {
    stanza,
    async run(command, args) {
      await mkdir(scratch, { recursive: true, mode: 0o700 })
      const name = join(scratch, `pgbackrest-${(calls += 1)}`)
      const config = pgbackrest?.config === undefined ? [] : [`--config=${pgbackrest.config}`]
      // Not where the backups of this machine lock each other out.
      const lock = locking.has(command) ? [`--lock-path=${join(scratch, 'lock')}`] : []
      const common = [`--stanza=${stanza}`, ...config, ...quiet, ...lock]
      const all = [program, command, ...common, ...args] as const
      await using stdout = await open(name, 'w', 0o600)
      const ended = await runToFiles(all, { stdout: stdout.fd, errors: `${name}.err`, cwd, run, signal })
      const said = await readFile(`${name}.err`, 'utf8')
      if (ended !== 'code 0')
        throw failed(stanza, { command, ended, said: withoutSecrets(said, process.env) })
      return await readFile(name, 'utf8')
    },
  }
}

/** Options that put the data directory here: a repository host's configuration has production's host, which is left alone. */
export function placedAt(data: string): string[] {
  return ['--reset-pg1-host', `--pg1-path=${data}`]
}

const program = 'pgbackrest'

/** The others refuse the option. */
const locking = new Set(['restore', 'archive-get'])

const quiet = ['--log-level-file=off', '--log-level-console=off', '--log-level-stderr=warn'] as const

interface Failure {
  readonly command: string
  readonly ended: string
  readonly said: string
}

function failed(stanza: string, { command, ended, said }: Failure): HarnessError {
  if (ended.includes('ENOENT')) {
    return new HarnessError('no-pgbackrest', 'pgbackrest is not on PATH, and a backup of its is asked for.', {
      hint: 'Install it (`apt-get install pgbackrest`), of the version that production has or a newer one.',
    })
  }
  const known = reasons.find(({ says }) => says.test(said))
  const words = readable(said).split('\n').slice(-6).join('\n')
  return new HarnessError(
    known?.code ?? 'pgbackrest-failed',
    `${known?.message ?? `pgbackrest ${command} of the stanza ${stanza} failed`} (${ended}): ${words}`,
    { hint: known?.hint ?? 'Run `pgbackrest check` and `pgbackrest info` here until they succeed.' },
  )
}

/** What is decrypted with another key is no text. */
export function readable(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(.*?(?:at line \d+|outside of section)):? .*$/s, '$1'))
    .filter((line) => !/\p{Cc}|\ufffd/u.test(line))
    .join('\n')
}

/** Whether it cannot read what it has opened. */
export const undecipherable =
  /FormatError|CryptoError|key\/value found outside of section|cipher (?:header|magic)|unable to flush/i

const reasons = [
  {
    says: /unable to open missing file '[^']*\.conf'|\[055\].*pgbackrest\.conf/,
    code: 'pgbackrest-no-config',
    message: 'pgbackrest has no configuration',
    hint: 'Give the file with the repository: --pgbackrest-config PATH, by default /etc/pgbackrest.conf.',
  },
  {
    says: undecipherable,
    code: 'pgbackrest-wrong-passphrase',
    message: 'The repository cannot be deciphered',
    hint: 'Set the repository’s own cipher type and passphrase: repo1-cipher-pass in its configuration, or PGBACKREST_REPO1_CIPHER_PASS.',
  },
  {
    says: /requires option: (?:repo|pg)\d+-path|\[037\]/,
    code: 'pgbackrest-no-config',
    message: 'pgbackrest is not told where the repository is',
    hint: 'Give the file with the repository: --pgbackrest-config PATH, by default /etc/pgbackrest.conf.',
  },
  {
    says: /No space left on device/,
    code: 'disk-full',
    message: 'There is no room for what pgbackrest restores',
    hint: 'Free some space, set TMPDIR to a larger disk, or name a directory on one: --pgbackrest-directory PATH.',
  },
]
