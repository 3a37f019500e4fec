// Digests of whole tables on the server against the bare count, md5 of the rows' text, and a dump. The bars: at
// most 2.5 times the count, at least twice as fast as `pg_dump | sha256sum`. Medians of five, in one process.
import { spawnSync } from 'node:child_process'
import { fingerprint } from '../harness/catalog/fingerprint.ts'
import { connect, withClient } from '../harness/postgres/client.ts'
import { sharedServer, stopSharedServers } from '../harness/testing/server.ts'

const tables = {
  narrow: `create table narrow as select n::bigint as id, n % 1000 as v, timestamptz '2024-01-01' + n * interval '1 s' as at
    from generate_series(1, 2000000) n`,
  wide: `create table wide as select n::bigint as id, n % 7 as a, (n * 3.5)::numeric(12, 2) as b, 'some text ' || n as c,
      md5(n::text) as d, timestamptz '2024-01-01' + n * interval '1 s' as e, n % 2 = 0 as f,
      case when n % 3 = 0 then 'x' || n end as g, n::bigint * 1000003 as h, date '2024-01-01' + n % 1000 as i,
      md5(n::text)::uuid as j, repeat('lorem ipsum ', 5) as k
    from generate_series(1, 1000000) n`,
}

const server = await sharedServer()
const database = 'bench_fingerprint'
const connection = server.connection(database)
try {
  await server.createDatabase(database)
  for (const [table, sql] of Object.entries(tables)) await measure(table, sql)
} finally {
  await stopSharedServers()
}

async function measure(table: string, sql: string): Promise<void> {
  await withClient(connection, async (client) => {
    await client.query(`drop table if exists narrow, wide; ${sql}`)
    await client.query(`vacuum (freeze, analyze) ${table}`)
    const query = (text: string) => () => client.query(text)
    // One after the other in each round, in one session's settings, so that whatever else the machine does strikes all.
    const [count = 0, digest = 0, md5 = 0] = await medians([
      query(`select count(*) from ${table}`),
      () => fingerprint({ connect: () => connect(connection) }),
      query(`select sum(('x' || left(md5(t::text), 16))::bit(64)::bigint) from ${table} t`),
    ])
    console.log(`${table}: count(*) ${ms(count)}, fingerprint ${ms(digest)}, md5 of row text ${ms(md5)}`)
    console.log(
      `  fingerprint is ${ratio(digest, count)} counts (bar 2.5) and ${ratio(md5, digest)} times as fast as md5`,
    )
    await measureDump(table, digest)
  })
}

async function measureDump(table: string, digest: number): Promise<void> {
  const version = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' }).stdout ?? ''
  if (Number(/ (\d+)/.exec(version)?.[1] ?? 0) < server.major) {
    console.log(`  pg_dump skipped: ${version.trim() || 'not there'}, server ${server.version}`)
    return
  }
  const [dump = 0] = await medians([
    async () => {
      const { status } = spawnSync('sh', ['-c', `pg_dump --table=${table} | sha256sum`], {
        env: {
          ...process.env,
          PGHOST: connection.host,
          PGPORT: String(connection.port),
          PGUSER: connection.user,
          PGPASSWORD: connection.password,
          PGDATABASE: database,
        },
      })
      if (status !== 0) throw new Error('pg_dump failed')
    },
  ])
  console.log(
    `  pg_dump | sha256sum ${ms(dump)}: fingerprint is ${ratio(dump, digest)} times as fast (bar 2)`,
  )
}

async function medians(works: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const durations: number[][] = works.map(() => [])
  for (let round = 0; round < 5; round += 1) {
    for (const [at, work] of works.entries()) {
      const started = performance.now()
      await work()
      durations[at]?.push(performance.now() - started)
    }
  }
  return durations.map((list) => list.toSorted((one, other) => one - other)[2] ?? 0)
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`
}

function ratio(one: number, other: number): string {
  return (one / other).toFixed(1)
}
