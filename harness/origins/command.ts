import { existsSync } from 'node:fs'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileRanges } from '../backups/content.ts'
import { openRanges } from '../backups/index.ts'
import { HarnessError } from '../errors.ts'
import { bytes } from '../reports/text.ts'
import type { Origin, OriginRequest } from './origin.ts'
import { withoutSecrets } from './own-environment.ts'
import { runToFiles } from './run-to-files.ts'

/** A command of the operator's that writes a backup to its standard output. */
export const command: Origin = {
  name: 'command',
  description: 'what a command writes to its standard output, kept in the scratch directory while it is used',
  inPlace: false,
  holds: ({ backupCommand }) => backupCommand !== undefined,
  async open(request) {
    const { scratch } = request
    await mkdir(scratch, { recursive: true, mode: 0o700 })
    const path = join(scratch, 'output')
    const name = `the output of ${programOf(request.backupCommand ?? '')}`
    const size = await write(request, path)
    if (size === 0) throw wroteNothing(request, await said(request))
    // Whoever only copies an old backup would make it one of now.
    return await openRanges(fileRanges(path, size, name), { scratch, writtenAt: null })
  },
}

/** How it is called in messages and reports: the rest of the command line may hold secrets. */
function programOf(commandLine: string): string {
  const words = commandLine.trim().replace(/^(?:[A-Za-z_]\w*=(?:'[^']*'|"[^"]*"|[^\s'"])* *)+/, '')
  return basename(/^[\w./+-]+/.exec(words)?.[0] ?? 'a command')
}

/** Runs it to its end and returns how much it wrote. Only what a command that succeeded wrote is ever read. */
async function write(request: OriginRequest, path: string): Promise<number> {
  const { backupCommand = '', scratch, cwd, run, signal, onProgress } = request
  await using stdout = await open(path, 'w', 0o600)
  const name = programOf(backupCommand)
  onProgress(`running ${name}`)
  const report = async (): Promise<void> => onProgress(`${bytes((await stat(path)).size)} from ${name}`)
  const reporting = setInterval(() => void report().catch(() => {}), reportEveryMs)
  try {
    const argv = shellArguments(backupCommand)
    const ended = await runToFiles(argv, { stdout: stdout.fd, errors: errorsIn(scratch), cwd, run, signal })
    if (ended !== 'code 0') throw await failed(request, ended)
    return (await stdout.stat()).size
  } finally {
    clearInterval(reporting)
  }
}

const reportEveryMs = 500

/** With bash a pipeline fails when any part of it does. */
function shellArguments(commandLine: string): readonly [string, ...string[]] {
  return existsSync(bash) ? [bash, '-o', 'pipefail', '-c', commandLine] : ['/bin/sh', '-c', commandLine]
}

const bash = '/bin/bash'

const errorsIn = (scratch: string): string => join(scratch, 'stderr')

/** The last lines of its standard error. */
async function said({ scratch, backupCommand = '' }: OriginRequest): Promise<string> {
  const text = await readFile(errorsIn(scratch), 'utf8')
  return withoutSecrets(text.trim().split('\n').slice(-6).join('\n'), process.env, backupCommand)
}

async function failed(request: OriginRequest, ended: string): Promise<HarnessError> {
  const words = await said(request)
  const { size } = await stat(join(request.scratch, 'output'))
  if (/No space left on device/i.test(words)) {
    return new HarnessError(
      'disk-full',
      `There is no room in ${request.scratch} for the output of ${programOf(request.backupCommand ?? '')}: ${words}`,
      { hint: 'Free some space there, or set TMPDIR to a directory on a larger disk.' },
    )
  }
  return new HarnessError(
    'backup-command-failed',
    `The backup command (${programOf(request.backupCommand ?? '')}) ended with ${ended} after ${bytes(size)}${words === '' ? ' and said nothing' : `: ${words}`}.`,
    { hint: 'Run it by hand until it succeeds; what it wrote was not taken for a backup.' },
  )
}

function wroteNothing({ backupCommand = '' }: OriginRequest, words: string): HarnessError {
  return new HarnessError(
    'backup-empty',
    `The backup command (${programOf(backupCommand)}) succeeded and wrote nothing${words === '' ? '' : `: ${words}`}.`,
    { hint: 'It has to write the backup to its standard output: leave out options such as --file.' },
  )
}
