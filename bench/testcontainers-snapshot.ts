import { PostgreSqlContainer } from '@testcontainers/postgresql'
import { ownerLabel, runLabel } from '../harness/engines/docker-labels.ts'
import { withClient } from '../harness/postgres/client.ts'
import type { Run } from '../harness/runs/run.ts'
import { median, timed } from './timing.ts'

/**
 * Medians of testcontainers' own way to come back to a state, in milliseconds: `snapshot()` once, then `restoreSnapshot()`,
 * in a container that runs already. `fill` makes the state.
 */
export async function testcontainersSnapshot(
  run: Run,
  fill: readonly string[],
  rounds: number,
): Promise<{ snapshotMs: number; restoreMs: number }> {
  const container = await new PostgreSqlContainer('postgres:17')
    .withDatabase('bench')
    // Its own check ends after a second, and the orphan of one that was ended, reaped by Postgres, makes Postgres restart.
    .withHealthCheck({
      test: ['CMD', 'pg_isready', '--username=test'],
      interval: 250,
      timeout: 60_000,
      retries: 1_000,
    })
    // A reaper is another image; the labels let the next sweep find what a killed bench left.
    .withAutoCleanup(false)
    .withLabels({ [runLabel]: run.id, [ownerLabel]: JSON.stringify(run.owner) })
    .start()
  try {
    const connection = {
      host: container.getHost(),
      port: container.getPort(),
      user: container.getUsername(),
      password: container.getPassword(),
      database: 'bench',
    }
    await withClient(connection, async (client) => {
      for (const sql of fill) await client.query(sql)
    })
    const snapshotMs = await timed(() => container.snapshot())
    const restores: number[] = []
    for (let round = 0; round < rounds; round += 1)
      restores.push(await timed(() => container.restoreSnapshot()))
    return { snapshotMs, restoreMs: median(restores) }
  } finally {
    await container.stop()
  }
}
