import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openBackup } from '../backups/index.ts'
import type { Server } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'
import { rowDifferences } from '../proof/rows.ts'
import { dockerTools } from '../testing/dump.ts'
import { kitchenSink, session } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { proveRestore } from './prove-restore.ts'

for (const each of testServers.filter(({ engine }) => engine === 'docker')) {
  describe(`the proof after restoring on ${each.title}`, function () {
    this.timeout(60_000)
    let home = ''
    let server: Server
    let database: string

    before(async function () {
      server = await serverOrSkip(each, this)
      database = await kitchenSink(server)
      home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
    })
    after(async () => {
      if (home === '') return
      await server.dropDatabase(database)
      await rm(home, { recursive: true })
    })

    const facts = async (format: 'directory' | 'plain') => {
      const tools = await dockerTools(server)
      const path = (await tools?.dump(database, format, home)) ?? ''
      const opened = await openBackup(path)
      return await opened.format.describe(opened.file, { schema: undefined, name: 'kysely_migration' })
    }
    const prove = async (contents: Awaited<ReturnType<typeof facts>>, check: boolean) =>
      await proveRestore(server.connection(database), contents, { check, known: [] }, () => {})

    it('names what is missing, behind, invalid and damaged, and finds nothing else', async function () {
      if ((await dockerTools(server)) === undefined) this.skip()
      const [archive, plain] = [await facts('directory'), await facts('plain')]
      expect((await prove(archive, false)).findings).to.deep.equal([])
      expect((await prove(plain, false)).findings).to.deep.equal([])
      expect(archive.contents.rows).to.deep.equal(plain.contents.rows)
      const whole = await prove(archive, true)
      expect(whole.findings).to.deep.equal([])
      expect(whole.summary).to.match(/, \d+ tables and \d+ indexes checked with amcheck$/)
      await damage(server, database)
      const expected = [
        'degraded-restore EVENT TRIGGER watch_drops',
        'degraded-restore POLICY shop.members members_own',
        'degraded-restore TRIGGER shop.titles titles_touch',
        'degraded-restore CONSTRAINT shop.titles titles_late',
        'degraded-restore INDEX shop.titles_live',
        'degraded-restore SEQUENCE shop.titles_id_seq',
        'sequence-behind shop.publishers_id_seq',
        'degraded-restore FUNCTION shop.net(integer)',
        'corrupt-index shop.publishers_name_key',
      ]
      const found = (await prove(archive, true)).findings.map(({ id, subject }) => `${id} ${subject}`)
      expect(found).to.have.members(expected)
      const ofPlain = (await prove(plain, false)).findings.map(({ id, subject }) => `${id} ${subject}`)
      const alike = expected.filter((line) => !line.startsWith('corrupt-'))
      expect(ofPlain).to.have.members(
        alike.map((line) => line.replace('FUNCTION shop.net(integer)', 'ROUTINE NAME shop.net')),
      )
    })

    it('compares rows table by table, partitions at their root', async () => {
      const expected = {
        'shop.prices_2023': 2,
        'shop.prices_rest': 3,
        'Odd Names.Mixed.Case "Table"': 1,
        'no.table': 4,
      }
      const counted = [
        { name: 'shop.prices', rows: 4 },
        { name: '"Odd Names"."Mixed.Case ""Table"""', rows: 1 },
        { name: 'shop.titles', rows: 7 },
      ]
      const differences = await withClient(
        server.connection(database),
        async (client) => await rowDifferences(client, expected, counted),
      )
      expect(differences).to.deep.equal([{ name: 'shop.prices', expected: 5, found: 4 }])
    })
  })
}

/** What a restore could lose or leave half done, done by hand. */
async function damage(server: Server, database: string): Promise<void> {
  await using client = await session(server, database)
  await client.query(`
    drop event trigger watch_drops;
    drop policy members_own on shop.members;
    drop trigger titles_touch on shop.titles;
    drop function shop.net(integer);
    alter table shop.titles add constraint titles_late check (id > -1) not valid;
    update pg_catalog.pg_index set indisvalid = false where indexrelid = 'shop.titles_live'::regclass;
    select setval('shop.titles_id_seq', 1, false);`)
  // A row that the index does not have: only amcheck notices.
  await client.query(`
    update pg_catalog.pg_index set indisready = false where indexrelid = 'shop.publishers_name_key'::regclass`)
  await client.query(`insert into shop.publishers (name) values ('nobody indexed this')`)
  await client.query(`
    update pg_catalog.pg_index set indisready = true where indexrelid = 'shop.publishers_name_key'::regclass;
    select setval('shop.publishers_id_seq', (select max(id) from shop.publishers) - 1)`)
}
