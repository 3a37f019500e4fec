/**
 * How much larger a restored database is than its backup, for tables that compress well and badly: what the room that is
 * asked for before a restore goes by.
 *
 *     npm run bench:restored-size -- [megabytes of each]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBackup } from '../harness/backups/index.ts'
import { docker } from '../harness/engines/docker.ts'
import type { Server } from '../harness/engines/engine.ts'
import { withClient } from '../harness/postgres/client.ts'
import { openRun } from '../harness/runs/open-run.ts'
import { dockerTools, type DockerTools, type DumpFormat } from '../harness/testing/dump.ts'

const megabytes = Number(process.argv[2] ?? 60)

const shapes: Readonly<Record<string, readonly string[]>> = {
  'two integers, three indexes': [
    `create table t as select id, id % 1000 as n from generate_series(1, ${megabytes * 9_000}) id`,
    'alter table t add primary key (id); create index on t (n); create index on t (n, id)',
  ],
  'a shop’s orders, two indexes': [
    `create table t as select id, md5(id::text) as name, now() - id * interval '1 second' as at, (random() * 10000)::int as pence
       from generate_series(1, ${megabytes * 7_500}) id`,
    'alter table t add primary key (id); create index on t (at)',
  ],
  'uuids, two indexes': [
    `create table t as select gen_random_uuid() as id, gen_random_uuid() as other from generate_series(1, ${megabytes * 6_000})`,
    'alter table t add primary key (id); create index on t (other)',
  ],
  'documents alike': [
    `create table t as select id, jsonb_build_object('user', id % 1000, 'action', 'viewed', 'page', '/comics/' || id % 50, 'agent',
       repeat('Mozilla/5.0 (X11; Linux x86_64) ', 4)) as data from generate_series(1, ${megabytes * 4_000}) id`,
  ],
  'one text of 32 bytes, 300 times': [
    `create table t as select id, repeat(md5(id::text), 300) as body from generate_series(1, ${megabytes * 5_000}) id`,
  ],
  'random bytes': [
    `create table t as select id, (select string_agg(uuid_send(gen_random_uuid()), '') from generate_series(1, 400) where id > 0) as file
       from generate_series(1, ${megabytes * 150}) id`,
  ],
}

const dumps: readonly (readonly [string, DumpFormat, readonly string[]])[] = [
  ['custom', 'custom', []],
  ['custom, zstd', 'custom', ['--compress=zstd']],
  ['plain', 'plain', []],
]

const home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-bench-'))
const run = await openRun()
const server = await docker.start({ major: 17, image: undefined, serverUrl: undefined, run })
try {
  const tools = await dockerTools(server)
  if (tools === undefined) throw new Error('There is no docker command line.')
  console.log(`${'restored size / backup'.padEnd(36)}${dumps.map(([name]) => name.padStart(18)).join('')}`)
  for (const [name, statements] of Object.entries(shapes))
    console.log(await line(name, statements, server, tools))
} finally {
  await server.stop()
  await run.dispose()
  await rm(home, { recursive: true, force: true })
}

async function line(
  name: string,
  statements: readonly string[],
  { createDatabase, dropDatabase, connection }: Server,
  tools: DockerTools,
): Promise<string> {
  await createDatabase('shop')
  const restored = await withClient(connection('shop'), async (client) => {
    for (const statement of statements) await client.query(statement)
    const { rows } = await client.query<{ bytes: string }>(`select pg_database_size('shop')::text as bytes`)
    return Number(rows[0]?.bytes)
  })
  const ratios: string[] = []
  for (const [, format, args] of dumps) {
    const path = await tools.dump('shop', format, home, args)
    const { file } = await openBackup(path, home)
    ratios.push((restored / file.bytes).toFixed(1).padStart(18))
    await rm(path)
  }
  await dropDatabase('shop')
  return `${`${name}, ${Math.round(restored / 1e6)} MB`.padEnd(36)}${ratios.join('')}`
}
