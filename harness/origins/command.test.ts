import { expect } from 'chai'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenedBackup } from '../backups/backup-format.ts'
import { packageFile } from '../docs.ts'
import { HarnessError } from '../errors.ts'
import { errorOf } from '../testing/error-of.ts'
import { openRun } from '../runs/open-run.ts'
import { processOf } from '../runs/processes.ts'
import { withTemporary } from '../testing/temporary.ts'
import { openWanted } from './index.ts'

const dump = packageFile('fixtures/comicscout.dump')
const table = { schema: undefined, name: 'kysely_migration' }

describe('a command whose output is the backup', () => {
  it('is read like a file of the same bytes, and called by its program alone', async () => {
    await output(`PASS=hunter22 cat '${dump}' ; echo all is well >&2`, async ({ file, format }) => {
      const facts = await format.describe(file, table)
      const { length } = await readFile(dump)
      expect(file).to.deep.include({ path: 'the output of cat', bytes: length, writtenAt: null })
      expect(facts).to.include({ format: 'custom', bytes: length })
      const { file: same, format: custom } = await openFile(dump)
      expect(facts.sha256).to.equal((await custom.describe(same, table)).sha256)
    })
  })

  const failures = [
    [
      'fails',
      `cat '${dump}'; echo cannot go on >&2; exit 3`,
      'backup-command-failed',
      /code 3 .*cannot go on/,
    ],
    ['fails in a pipeline', `cat /nowhere | cat`, 'backup-command-failed', /No such file/],
    ['is not there', 'no-such-program-here --all', 'backup-command-failed', /code 127 .*not found/],
    ['is killed', `cat '${dump}'; kill -9 $$`, 'backup-command-failed', /signal SIGKILL/],
    ['writes nothing', 'echo to stderr >&2', 'backup-empty', /wrote nothing: to stderr/],
    ['writes no backup', 'echo hello', 'backup-unknown', /the output of echo/],
    ['is cut off, and succeeds all the same', `head -c 20000 '${dump}'`, 'backup-truncated', /cut off|ends/],
  ] as const
  for (const [what, line, code, says] of failures) {
    it(`is an error when it ${what}`, async () => {
      const problem = await refused(line)
      expect([problem.code, problem.message]).to.satisfy(
        ([its, message]: [string, string]) => its === code && says.test(message),
        `${problem.code}: ${problem.message}`,
      )
    })
  }

  it('shows no secret of its own or of its environment, and is given none of ours', async () => {
    process.env['REHEARSAL_SIGNING_KEY'] = 'ours-alone-1'
    process.env['TEST_PGPASSWORD'] = 'from-the-environment'
    process.env['TEST_URL'] = 'https://user:in-a-url-1@store.internal/x'
    try {
      const { message } = await refused(
        `PGPASSWORD='on-the-line-1' sh -c 'echo $PGPASSWORD $TEST_PGPASSWORD $TEST_URL ours=$REHEARSAL_SIGNING_KEY. >&2; exit 1' --token tok-en-1`,
      )
      expect(message).to.include('ours=.')
      for (const secret of [
        'on-the-line-1',
        'from-the-environment',
        'in-a-url-1',
        'tok-en-1',
        'ours-alone-1',
      ])
        expect(message).not.to.include(secret)
    } finally {
      for (const name of ['REHEARSAL_SIGNING_KEY', 'TEST_PGPASSWORD', 'TEST_URL']) delete process.env[name]
    }
  })

  it('is ended with all that it started, when it is interrupted and when it is over', async () => {
    await withTemporary(async (directory) => {
      const pids = join(directory, 'pids')
      const controller = new AbortController()
      const line = `sleep 60 & echo $! $$ > '${pids}'; cat '${dump}'`
      const waiting = output(`${line}; wait`, async () => {}, controller.signal).catch(
        (error: unknown) => error,
      )
      while ((await readFile(pids, 'utf8').catch(() => '')) === '') await sleep(20)
      const reason = new HarnessError('interrupted', 'Interrupted.', { hint: '' })
      controller.abort(reason)
      expect(await waiting).to.equal(reason)
      await gone(await readFile(pids, 'utf8'))
      await writeFile(pids, '')
      await output(line, async ({ format }) => void expect(format.name).to.equal('custom'))
      await gone(await readFile(pids, 'utf8'))
    })
  })
})

async function gone(pids: string): Promise<void> {
  const numbers = pids.trim().split(' ').map(Number)
  expect(numbers).to.have.length(2)
  const alive = () => numbers.filter((pid) => processOf(pid)?.zombie === false)
  for (let tries = 0; alive().length > 0 && tries < 50; tries++) await sleep(20)
  expect(alive()).to.deep.equal([])
}

async function output<Result>(
  backupCommand: string,
  work: (opened: OpenedBackup) => Promise<Result>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Result> {
  const run = await openRun()
  const scratch = join(run.directory, 'source')
  const request = {
    backup: '',
    backupCommand,
    cwd: packageFile('.'),
    run,
    scratch,
    signal,
    onProgress: () => {},
  }
  try {
    return await work(await openWanted(request))
  } finally {
    await run.dispose()
    expect(await readdir(scratch).catch(() => 'gone')).to.equal('gone')
  }
}

async function openFile(backup: string): Promise<OpenedBackup> {
  const run = await openRun()
  const { signal } = new AbortController()
  const wanted = { backup, backupCommand: undefined, cwd: packageFile('.') }
  const opened = await openWanted({ ...wanted, run, scratch: run.directory, signal, onProgress: () => {} })
  await run.dispose()
  return opened
}

async function refused(line: string): Promise<HarnessError> {
  return await errorOf(output(line, async ({ file, format }) => await format.describe(file, table)))
}
