import { availableParallelism } from 'node:os'
import { compareData } from '../catalog/compare-data.ts'
import type { DataDifference } from '../catalog/data-difference.ts'
import type { MatchBy } from '../catalog/match-tables.ts'
import { connect } from '../postgres/client.ts'
import type { Progress } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import type { Provisioned } from './provision.ts'

/** Compares the rehearsed database's data with the pristine copy's. */
export async function compareWithPristine(
  { server, database }: Provisioned,
  { pristine, ignoreTables, sampling }: Baseline,
  by: MatchBy,
  progress: Progress,
): Promise<DataDifference[]> {
  return compareData({
    before: () => connect(pristine),
    after: () => connect(server.connection(database)),
    by,
    ignoreTables,
    sampling,
    parallelism: availableParallelism(),
    onProgress: (done, all) => progress(`data of ${done} of ${all} tables`),
  })
}
