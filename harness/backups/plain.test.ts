import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { HarnessError } from '../errors.ts'
import { withTemporary } from '../testing/temporary.ts'
import type { BackupFacts } from './backup-format.ts'
import { openBackup } from './index.ts'
import { plain } from './plain.ts'

const dump = `--
-- PostgreSQL database dump
--

\\restrict abc

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 17.6

SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
CREATE SCHEMA app AUTHORIZATION builder;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;
CREATE FUNCTION public.f() RETURNS text AS $$ COPY public.no (a) FROM stdin;
ALTER TABLE x OWNER TO nobody_at_all; $$ LANGUAGE sql;
ALTER FUNCTION public.f() OWNER TO "The Owner";
COPY public.titles (id, name) FROM stdin;
1\tGRANT ALL ON x TO not_a_role;
\\.
COPY app."Odd.Name" (id) FROM stdin;
\\.
COPY public.kysely_migration (name, "timestamp") FROM stdin;
001_a\tx
\\.
CREATE POLICY p ON public.titles TO tenant USING (true);
GRANT SELECT ON TABLE public.titles TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE boss IN SCHEMA app REVOKE ALL ON TABLES FROM leaver;

--
-- PostgreSQL database dump complete
--

\\unrestrict abc
`

describe('plain dumps', () => {
  it('are read without restoring them', async () => {
    const bytes = gzipSync(dump)
    expect(await describeBytes(bytes)).to.deep.equal({
      format: 'plain',
      formatVersion: null,
      compression: 'gzip',
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      serverVersion: '15.18',
      serverMajor: 15,
      systemIdentifier: null,
      dumpVersion: '17.6',
      createdAt: null,
      database: null,
      encoding: 'UTF8',
      locale: null,
      roles: ['The Owner', 'boss', 'builder', 'leaver', 'reader', 'tenant'],
      extensions: ['uuid-ossp'],
      tablespaces: [],
      publications: [],
      subscriptions: [],
      foreignServers: [],
      clusterStatements: [],
      tables: ['public.titles', 'app.Odd.Name', 'public.kysely_migration'],
      appliedMigrations: ['001_a'],
      metaCommands: ['restrict', 'unrestrict'],
      physical: null,
      contents: {
        source: 'statements',
        entries: [
          { kind: 'SCHEMA', schema: null, name: 'app' },
          { kind: 'EXTENSION', schema: null, name: 'uuid-ossp' },
          { kind: 'ROUTINE NAME', schema: 'public', name: 'f' },
          { kind: 'POLICY', schema: 'public', name: 'titles p' },
        ],
        notValidated: [],
        sequences: [],
        rows: { 'public.titles': 1, 'app.Odd.Name': 0, 'public.kysely_migration': 1 },
      },
      manifest: null,
    } satisfies BackupFacts)
  })

  it('name unqualified tables by their search path', async () => {
    const facts = await describeBytes(
      Buffer.from('SET search_path = "My App", pg_catalog;\nCOPY t (a) FROM stdin;\n\\.\n'),
    )
    expect(facts.tables).to.deep.equal(['My App.t'])
  })

  it('name the tables of INSERT statements', async () => {
    const sql = `INSERT INTO a.t VALUES (1);\nINSERT INTO a.t VALUES (2);\nINSERT INTO a.tt (x) VALUES (1);\nINSERT INTO "B" VALUES (1);`
    expect((await describeBytes(Buffer.from(sql))).tables).to.deep.equal(['a.t', 'a.tt', 'public.B'])
  })

  it('in another encoding are read in it', async () => {
    const sql = `SET client_encoding = 'LATIN1';\nCOPY public.kysely_migration (name) FROM stdin;\nété\n\\.\nGRANT SELECT ON t TO zoë;`
    const facts = await describeBytes(Buffer.from(sql, 'latin1'))
    expect(facts).to.include({ encoding: 'LATIN1' })
    expect(facts.appliedMigrations).to.deep.equal(['été'])
    expect(facts.roles).to.deep.equal(['zoë'])
  })

  const damaged: readonly (readonly [title: string, sql: string, code: string, says: RegExp])[] = [
    [
      'cut off after a statement',
      dump.slice(0, dump.indexOf('CREATE POLICY')),
      'backup-truncated',
      /complete.*missing/,
    ],
    [
      'cut off in COPY data',
      dump.slice(0, dump.indexOf('not_a_role')),
      'backup-truncated',
      /inside COPY data/,
    ],
    [
      'cut off in a function',
      dump.slice(0, dump.indexOf('LANGUAGE sql') - 10),
      'backup-truncated',
      /inside a dollar quote/,
    ],
    ['that run programs', 'select 1;\n\\! date\n', 'backup-unsafe-command', /\\!/],
    ['that run programs within arguments', 'select 1;\n\\set x `date`\n', 'backup-unsafe-command', /\\set/],
    ['that read other files', 'select 1;\n\\ir more.sql\n', 'backup-unsafe-command', /\\ir/],
    [
      'that copy from other files',
      `create table t();\n\\copy t from 't.csv'\n`,
      'backup-unsafe-command',
      /\\copy/,
    ],
  ]
  for (const [title, sql, code, says] of damaged) {
    it(`${title} are an error: ${code}`, async () => {
      const error: unknown = await describeBytes(Buffer.from(sql)).catch((error: unknown) => error)
      expect(error).to.be.instanceOf(HarnessError).and.to.include({ code })
      expect((error as HarnessError).message).to.match(says)
    })
  }

  const tools: readonly (readonly [metaCommands: string, psql: string | undefined, answer: string])[] = [
    ['', '9.6.24', 'psql 9.6.24'],
    ['', undefined, 'built-in loader'],
    ['restrict unrestrict', '15.14', 'psql 15.14'],
    ['restrict unrestrict', '15.13', 'built-in loader'],
    ['restrict unrestrict', '16.9', 'built-in loader'],
    ['restrict unrestrict', '18.0', 'psql 18.0'],
    ['restrict unrestrict', undefined, 'built-in loader'],
    ['set gset', '15.13', 'psql 15.13'],
    ['set gset', undefined, 'no-psql'],
  ]
  for (const [metaCommands, psql, answer] of tools) {
    it(`with ${metaCommands || 'no psql commands'} and psql ${psql ?? 'missing'} take: ${answer}`, async () => {
      const facts = {
        ...(await describeBytes(Buffer.from('select 1;'))),
        metaCommands: metaCommands.split(' ').filter(Boolean),
      }
      const checked = plain.checkTools(facts, () => Promise.resolve(psql))
      expect(
        await checked.catch((error: unknown) => (error instanceof HarnessError ? error.code : error)),
      ).to.equal(answer)
    })
  }
})

async function describeBytes(bytes: Buffer): Promise<BackupFacts> {
  return await withTemporary(async (directory) => {
    const path = join(directory, 'backup')
    await writeFile(path, bytes)
    const { file, format } = await openBackup(path)
    expect(format.name).to.equal('plain')
    return await format.describe(file, { schema: undefined, name: 'kysely_migration' })
  })
}
