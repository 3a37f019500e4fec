import { expect } from 'chai'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { errorOf } from '../testing/error-of.ts'
import { withTemporary } from '../testing/temporary.ts'
import type { BackupFormat } from './backup-format.ts'
import { backupFormats, openBackup } from './index.ts'

const dump = [
  '--',
  '-- PostgreSQL database dump',
  '--',
  '',
  'CREATE TABLE public.t (a text);',
  'COPY public.t (a) FROM stdin;',
  ...Array.from({ length: 200 }, (_, i) => `row ${i * 7919}`),
  '\\.',
  '',
  '--',
  '-- PostgreSQL database dump complete',
  '--',
  '',
].join('\n')

describe('recognising backups', () => {
  const good: readonly (readonly [
    title: string,
    content: Buffer | string,
    format: string,
    compression: string,
  ])[] = [
    ['a custom archive', 'PGDMP\x01\x0e', 'custom', 'none'],
    ['a custom archive in gzip', gzipSync('PGDMP\x01\x0e'), 'custom', 'gzip'],
    ['a plain dump', dump, 'plain', 'none'],
    ['a plain dump in gzip', gzipSync(dump), 'plain', 'gzip'],
    [
      'SQL after comments and psql commands',
      '\ufeff/* hello */\n-- there\n\\set x 1\n  create table t ();',
      'plain',
      'none',
    ],
    ['pg_dumpall', '--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE a;', 'plain', 'none'],
    ['SQL with Windows line ends', dump.replaceAll('\n', '\r\n'), 'plain', 'none'],
  ]
  for (const [title, content, format, compression] of good) {
    it(`takes ${title}`, async () => {
      const opened = await open(content)
      expect(opened.format.name).to.equal(format)
      expect(opened.file.compression).to.equal(compression)
    })
  }

  const bad: readonly (readonly [title: string, content: Buffer | string, code: string, says: RegExp])[] = [
    ['an empty file', '', 'backup-empty', /is empty/],
    ['gzip with nothing in it', gzipSync(''), 'backup-empty', /is empty/],
    ['gzip cut off in its head', gzipSync(dump).subarray(0, 8), 'backup-truncated', /cut off/],
    [
      'a custom archive from PowerShell',
      Buffer.from('\ufeffPGDMP\x01\x0e\0\x04', 'utf16le'),
      'backup-utf16',
      /beyond repair/,
    ],
    ['a plain dump from PowerShell', Buffer.from(`\ufeff${dump}`, 'utf16le'), 'backup-utf16', /UTF-16/],
    ['UTF-16 without a byte order mark', Buffer.from(dump, 'utf16le'), 'backup-utf16', /UTF-16/],
    ['zip', 'PK\x03\x04\x14', 'backup-unsupported', /zip/],
    ['OpenPGP in armour', '-----BEGIN PGP MESSAGE-----\n\nhQ', 'backup-encrypted', /OpenPGP/],
    [
      'OpenPGP to a key',
      Buffer.from('8501 0c03 0011 2233'.replaceAll(' ', ''), 'hex'),
      'backup-encrypted',
      /OpenPGP/,
    ],
    ['OpenPGP with a passphrase', Buffer.from('8c0d0409030200', 'hex'), 'backup-encrypted', /OpenPGP/],
    ['age', 'age-encryption.org/v1\n-> X25519 abc', 'backup-encrypted', /age/],
    ['openssl', 'Salted__\x01\x02', 'backup-encrypted', /openssl/],
    ['a dump of MySQL', '-- MySQL dump 10.13\n\nCREATE TABLE t (a int);', 'backup-unknown', /MySQL/],
    ['an SQLite database', 'SQLite format 3\0\x10', 'backup-unknown', /SQLite/],
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0\n',
      'backup-missing',
      /LFS/,
    ],
    [
      'a page of an object store',
      '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
      'backup-unknown',
      /not SQL/,
    ],
    ['binary data', Buffer.from([1, 2, 0, 3, 9, 200]), 'backup-unknown', /binary/],
  ]
  for (const [title, content, code, says] of bad) {
    it(`refuses ${title}: ${code}`, async () => {
      const error = await errorOf(open(content))
      expect(error).to.include({ code })
      expect(error.message).to.match(says)
      expect(error.hint).to.match(/^[A-Z]/)
    })
  }

  it('refuses what is not there, directories and files it may not read', async () => {
    await withTemporary(async (directory) => {
      expect(await errorOf(openBackup(join(directory, 'none')))).to.include({ code: 'backup-missing' })
      expect(await errorOf(openBackup(directory))).to.include({ code: 'backup-empty' })
      await mkdir(join(directory, 'base'))
      await writeFile(join(directory, 'base', 'PG_VERSION'), '17')
      expect((await openBackup(join(directory, 'base'))).format.name).to.equal('basebackup')
    })
  })

  it('refuses files it may not read (root reads everything: skipped)', async function () {
    if (process.getuid?.() === 0) return this.skip()
    await withTemporary(async (directory) => {
      await writeFile(join(directory, 'backup'), dump)
      await chmod(join(directory, 'backup'), 0)
      expect(await errorOf(openBackup(join(directory, 'backup')))).to.include({ code: 'backup-unreadable' })
    })
  })

  it('finds gzip that is cut off or damaged further on while reading', async () => {
    const whole = gzipSync(dump)
    const damaged = Buffer.from(whole)
    damaged[damaged.length - 5] = (damaged.at(-5) ?? 0) ^ 0xff
    expect(await errorOf(described(whole.subarray(0, -10)))).to.include({ code: 'backup-truncated' })
    expect(await errorOf(described(damaged))).to.include({ code: 'backup-corrupt' })
    expect((await described(whole)).tables).to.deep.equal(['public.t'])
  })
})

describe('backup formats', () => {
  for (const [name, format] of Object.entries<BackupFormat>(backupFormats)) {
    it(`${name} has its name and a description`, () => {
      expect(format.name).to.equal(name)
      expect(format.description).to.match(/\w/)
    })
  }
})

async function open(content: Buffer | string): ReturnType<typeof openBackup> {
  return await withTemporary(async (directory) => {
    const path = join(directory, 'prod.txt')
    await writeFile(path, content)
    return await openBackup(path)
  })
}

async function described(content: Buffer): ReturnType<BackupFormat['describe']> {
  return await withTemporary(async (directory) => {
    const path = join(directory, 'prod.dump')
    await writeFile(path, content)
    const { file, format } = await openBackup(path)
    return await format.describe(file, { schema: undefined, name: 'm' })
  })
}
