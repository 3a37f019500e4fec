import { availableParallelism } from 'node:os'
import { compareData } from '../catalog/compare-data.ts'
import type { DataDifference } from '../catalog/data-difference.ts'
import type { MatchBy } from '../catalog/match-tables.ts'
import { readTouched, untouchedSince } from '../catalog/touched.ts'
import { connect, withClient } from '../postgres/client.ts'
import type { TablesCompared } from '../rehearsal.ts'
import type { Progress } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import type { Provisioned } from './provision.ts'

/** What became of the data, and how much of it had to be read to know. */
export interface DataComparison {
  readonly differences: readonly DataDifference[]
  /** Names of the tables that were not read. */
  readonly untouched: ReadonlySet<string>
  readonly compared: TablesCompared
}

/** Compares the rehearsed database's data with the pristine copy's, but for tables that nobody wrote to since the baseline. */
export async function compareWithPristine(
  { server, database }: Provisioned,
  { pristine, ignoreTables, sampling, tables, touched }: Baseline,
  by: MatchBy,
  progress: Progress,
): Promise<DataComparison> {
  const rehearsed = server.connection(database)
  const now = await withClient(rehearsed, (client) => readTouched(client, ignoreTables))
  const untouched = untouchedSince(touched, now)
  const differences = await compareData({
    before: () => connect(pristine),
    after: () => connect(rehearsed),
    by,
    ignoreTables,
    sampling,
    untouched,
    parallelism: availableParallelism(),
    onProgress: (done, all) => progress(`data of ${done} of ${all} tables`),
  })
  const read = tables.filter(({ name }) => !untouched.has(name))
  return { differences, untouched, compared: { read: read.length, untouched: tables.length - read.length } }
}
