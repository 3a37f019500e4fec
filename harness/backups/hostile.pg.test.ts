import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect } from 'chai'
import { execa } from 'execa'
import { packageFile } from '../docs.ts'
import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { runProgram } from '../testing/program.ts'
import { sharedServer } from '../testing/server.ts'
import { withTemporary } from '../testing/temporary.ts'
import { requireExtensions } from './extensions.ts'
import { openBackup } from './index.ts'

const head = '--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 17.5\n\n'
const foot = '\n--\n-- PostgreSQL database dump complete\n--\n'
const whole = (body: string) => `${head}${body}${foot}`
const shipped = await readFile(packageFile('fixtures/comicscout.dump'))

type Content = string | Buffer | Readonly<Record<string, string>>

/** Damaged or hostile backups: what they are, what they hold, and the one error that they end in. */
const inputs: readonly (readonly [title: string, content: Content, code: string, says: RegExp])[] = [
  ['an archive cut off in its table of contents', shipped.subarray(0, 900), 'backup-truncated', /cut off/],
  ['an archive cut off in its data', shipped.subarray(0, -2000), 'backup-truncated', /cut off/],
  [
    'an archive of a later pg_dump',
    Buffer.concat([shipped.subarray(0, 5), Buffer.from([1, 99]), shipped.subarray(7)]),
    'backup-version',
    /1\.99 is not known/,
  ],
  [
    'an archive with changed line ends',
    Buffer.from(shipped.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
    'backup-truncated',
    /cut off/,
  ],
  [
    'an archive that PowerShell wrote',
    Buffer.from(`\ufeff${shipped.toString('latin1', 0, 2000)}`, 'utf16le'),
    'backup-utf16',
    /beyond repair/,
  ],
  [
    'zstd that is cut off',
    zstdCompressSync(Buffer.from(whole('create table t (a text);'.repeat(900)))).subarray(0, 30),
    'backup-truncated',
    /cut off/,
  ],
  ['gzip of a login page', gzipSync('<html>log in</html>'), 'backup-unknown', /not SQL/],
  [
    'a dump cut off in its rows',
    `${head}create table t (a text);\nCOPY t (a) FROM stdin;\n1\n`,
    'backup-truncated',
    /inside COPY data/,
  ],
  [
    'a dump cut off in a function',
    `${head}create function f() returns int as $$ begin`,
    'backup-truncated',
    /inside a dollar quote/,
  ],
  [
    'a dump cut off between statements',
    `${head}create table t (a text);\n`,
    'backup-truncated',
    /dump complete" is missing/,
  ],
  ['an encrypted dump', 'Salted__\x01\x02', 'backup-encrypted', /openssl/],
  ['an empty file', '', 'backup-empty', /is empty/],
  [
    'a tar of two dumps',
    { 'a.sql': whole('select 1;'), 'b.sql': whole('select 2;') },
    'backup-unknown',
    /several files/,
  ],
  ['a tar of nothing', {}, 'backup-empty', /holds no files/],
  ['bytes that are no text', `${head}create table t (a\0 text);${foot}`, 'backup-unknown', /binary/],
  [
    'several databases',
    whole('create database a;\n\\connect a\ncreate table t (a int);\n\\connect b\ncreate table t (a int);'),
    'backup-several-databases',
    /a, b/,
  ],
  ['a shell command', whole('\\! touch owned\n'), 'backup-unsafe-command', /\\!/],
  ['another file', whole('\\ir other.sql\n'), 'backup-unsafe-command', /\\ir/],
  [
    'a file of this machine',
    whole('create table t (a text);\n\\copy t from /etc/passwd\n'),
    'backup-unsafe-command',
    /\\copy/,
  ],
  [
    'a program of the server',
    whole(`create table t (a text);\ncopy t from program 'touch owned';`),
    'backup-unsafe-command',
    /runs a program/,
  ],
  [
    'a file of the server',
    whole(`create table t (a text);\ncopy t from '/etc/passwd';`),
    'backup-unsafe-command',
    /reaches a file/,
  ],
  ['an extension that is not there', whole('create extension postgis;'), 'extension-missing', /postgis/],
  [
    'a function of a later Postgres',
    whole('create function f() returns text language sql return not_yet_there();'),
    'restore-failed',
    /not_yet_there\(\) does not exist/,
  ],
  [
    'a row that does not fit',
    whole('create table t (a int);\nCOPY t (a) FROM stdin;\n1\nx\n\\.\n'),
    'restore-failed',
    /type integer: "x"/,
  ],
  [
    'a row that is there twice',
    whole('create table t (a int primary key);\nCOPY t (a) FROM stdin;\n1\n1\n\\.\n'),
    'restore-failed',
    /duplicate key/,
  ],
  [
    'rows for a table that is not there',
    whole('insert into nowhere values (1);'),
    'restore-failed',
    /"nowhere" does not exist/,
  ],
  [
    'a psql variable that nobody set',
    whole('create table :name (a int);'),
    'restore-failed',
    /at or near ":"/,
  ],
  [
    'bytes of another encoding',
    Buffer.concat([
      Buffer.from(`${head}create table t (a text);\ninsert into t values ('`),
      Buffer.from([0xe9]),
      Buffer.from(`');${foot}`),
    ]),
    'restore-failed',
    /invalid byte sequence/,
  ],
  ['SQL of MySQL', 'CREATE TABLE `t` (`a` int) ENGINE=InnoDB;\n', 'restore-failed', /at or near "`"/],
  [
    'an end to every session',
    whole('select pg_terminate_backend(pg_backend_pid());'),
    'server-gone',
    /terminating connection/,
  ],
]

describe('a damaged or hostile backup', function () {
  this.timeout(60_000)
  let databases = 0

  for (const [title, content, code, says] of inputs) {
    it(`with ${title} ends in ${code}`, async () => {
      const server = await sharedServer()
      await withTemporary(async (directory) => {
        const scratch = join(directory, 'scratch')
        await mkdir(scratch)
        const path = await written(content, directory)
        const error = await failureOf(path, scratch, server)
        expect(error.code, error.message).to.equal(code)
        expect(error.message).to.match(says)
        expect(error.hint).to.match(/^[A-Z`]/)
        expect(await readdir(scratch)).to.deep.equal([])
      })
    })
  }

  it('ends the program with 2, with that error and nothing left', async () => {
    await withTemporary(async (directory) => {
      const path = await written(
        whole('create table t (a int);\nCOPY t (a) FROM stdin;\nx\n\\.\n'),
        directory,
      )
      const temporary = join(directory, 'tmp')
      await mkdir(temporary, { mode: 0o777 })
      const given = ['--backup', path, '--engine', 'embedded', '--ask', 'none']
      const config = join(directory, 'rehearsal.config.json')
      await writeFile(config, '{}')
      const result = await runProgram([...given, '--config', config], {
        cwd: packageFile('.'),
        env: { TMPDIR: temporary },
      })
      expect(result.exitCode, result.stdout).to.equal(2)
      expect(result.stdout).to.include('restore-failed')
      expect(result.stdout).not.to.match(/defect|at .*\.ts:\d+/)
      const left = await readdir(temporary, { recursive: true })
      expect(left.filter((name) => /^pg-rehearsal[^/]*\/runs\/./.test(name))).to.deep.equal([])
    })
  })

  /** As a rehearsal does: opened, read to its end, then restored into a database of its own. */
  async function failureOf(path: string, scratch: string, server: Server): Promise<HarnessError> {
    const database = `hostile_${(databases += 1)}`
    await server.createDatabase(database)
    try {
      const { file, format } = await openBackup(path, scratch)
      const facts = await format.describe(file, { schema: undefined, name: 'kysely_migration' })
      await requireExtensions(server, facts.extensions)
      const { signal } = new AbortController()
      await format.restore({ file, facts, server, database, signal, onProgress: () => {} })
    } catch (error) {
      if (error instanceof HarnessError) return error
      throw error
    } finally {
      await server.dropDatabase(database)
    }
    throw new Error('it was restored')
  }

  async function written(content: Content, directory: string): Promise<string> {
    const path = join(directory, 'backup')
    if (typeof content === 'string' || Buffer.isBuffer(content)) {
      await writeFile(path, content)
      return path
    }
    const files = join(directory, 'files')
    await mkdir(files)
    for (const [name, text] of Object.entries(content)) {
      await mkdir(dirname(join(files, name)), { recursive: true })
      await writeFile(join(files, name), text)
    }
    await execa('tar', ['cf', path, '-C', files, '.'])
    return path
  }
})
