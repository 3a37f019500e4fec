import { expect } from 'chai'
import type { MigrationTable } from '../backup-format.ts'
import { AppliedMigrations } from './applied-migrations.ts'
import { SqlSplitter } from './splitter.ts'

describe('applied migrations in a dump', () => {
  const table = { schema: undefined, name: 'kysely_migration' }

  const cases: readonly (readonly [title: string, sql: string, names: readonly string[] | null])[] = [
    [
      'COPY',
      'COPY public.kysely_migration (name, "timestamp") FROM stdin;\n001_a\tx\n002_b\ty\n\\.\n',
      ['001_a', '002_b'],
    ],
    [
      'COPY with the columns the other way',
      'COPY public.kysely_migration ("timestamp", name) FROM stdin;\nx\ta\\\\b\\tc\n\\.\n',
      ['a\\b\tc'],
    ],
    [
      'INSERT',
      `INSERT INTO public.kysely_migration VALUES ('a''b', 'x');INSERT INTO public.kysely_migration VALUES ('c', 'x');`,
      ["a'b", 'c'],
    ],
    [
      'INSERT of several rows',
      `INSERT INTO public.kysely_migration VALUES\n\t('a', 'x'),\n\t('b', 'x');`,
      ['a', 'b'],
    ],
    [
      'INSERT with columns',
      `INSERT INTO public.kysely_migration ("timestamp", name) VALUES ('x', 'a');`,
      ['a'],
    ],
    [
      'INSERT into a table with another order of columns',
      `CREATE TABLE public.kysely_migration (id numeric(3,1), name character varying(255) NOT NULL);
       INSERT INTO public.kysely_migration VALUES (1.5, 'a');`,
      ['a'],
    ],
    ['no such table', 'COPY public.other (name) FROM stdin;\na\n\\.\n', []],
    [
      'two such tables',
      'COPY a.kysely_migration (name) FROM stdin;\na\n\\.\nCOPY b.kysely_migration (name) FROM stdin;\n\\.\n',
      null,
    ],
    ['a table of that name without names', 'COPY public.kysely_migration (id) FROM stdin;\n1\n\\.\n', null],
  ]
  for (const [title, sql, names] of cases) {
    it(`are ${JSON.stringify(names)} for ${title}`, () => expect(applied(sql, table)).to.deep.equal(names))
  }

  it('are those of the schema that was asked for', () => {
    const sql =
      'COPY a.m (name) FROM stdin;\nx\n\\.\nCOPY b.m (name) FROM stdin;\ny\n\\.\nCOPY m (name) FROM stdin;\nz\n\\.\n'
    expect(applied(sql, { schema: 'b', name: 'm' })).to.deep.equal(['y'])
    expect(applied(sql, { schema: 'public', name: 'm' })).to.deep.equal(['z'])
  })
})

function applied(sql: string, table: MigrationTable): string[] | null {
  const migrations = new AppliedMigrations(table)
  const splitter = new SqlSplitter()
  for (const event of [...splitter.push(Buffer.from(sql)), ...splitter.end()]) {
    migrations.observe(event, 'public', (bytes) => bytes.toString())
  }
  return migrations.names
}
