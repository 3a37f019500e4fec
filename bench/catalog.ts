// Reads and compares a catalog of 1,000 tables with 10,000 columns. The bars: 2 s to read, 0.3 s to compare.
import { diffCatalogs } from '../harness/catalog/diff.ts'
import { readCatalog } from '../harness/catalog/read.ts'
import { withClient } from '../harness/postgres/client.ts'
import { sharedServer, stopSharedServers } from '../harness/testing/server.ts'

const tables = 1_000
const server = await sharedServer()
try {
  await server.createDatabase('bench_catalog')
  await withClient(server.connection('bench_catalog'), async (client) => {
    for (let table = 0; table < tables; table += 100) await client.query(createTables(table, table + 100))
    await client.query('vacuum analyze')
    const reads: number[] = []
    const comparisons: number[] = []
    const before = await readCatalog(client)
    for (let round = 0; round < 5; round += 1) {
      await client.query(`alter table t_${round} drop column c5`)
      const started = performance.now()
      const after = await readCatalog(client)
      reads.push(performance.now() - started)
      const compared = performance.now()
      const differences = diffCatalogs(before, after)
      comparisons.push(performance.now() - compared)
      if (differences.length !== round + 1) throw new Error(`${differences.length} differences`)
    }
    console.log(`${before.objects.size} objects of ${tables} tables on Postgres ${server.version}`)
    console.log(`read ${describe(reads)} (bar 2000 ms), compared ${describe(comparisons)} (bar 300 ms)`)
  })
} finally {
  await stopSharedServers()
}

function createTables(from: number, to: number): string {
  const statements = Array.from({ length: to - from }, (_, at) => {
    const columns = Array.from({ length: 9 }, (_, column) => `c${column} text default 'x${column}'`)
    const table = `t_${from + at}`
    return `create table ${table} (id bigserial primary key, ${columns.join(', ')},
        check (c0 <> ''), unique (c1));
      create index on ${table} (lower(c2)) where c3 is not null;
      comment on column ${table}.c4 is 'four'; grant select on ${table} to pg_read_all_data;`
  })
  return statements.join('\n')
}

function describe(durations: readonly number[]): string {
  const sorted = durations.toSorted((one, other) => one - other)
  return `${Math.round(sorted[2] ?? 0)} ms (median), ${Math.round(sorted[4] ?? 0)} ms (worst)`
}
