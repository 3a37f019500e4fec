import type { SpecPass } from '../rehearsal.ts'
import { settleDeparse } from '../catalog/canonical.ts'
import { diffCatalogs } from '../catalog/diff.ts'
import { readCatalog } from '../catalog/read.ts'
import type { Progress, StageOutput } from '../stage.ts'
import { withClient } from '../postgres/client.ts'
import type { Baseline } from './baseline.ts'
import type { Given } from './given.ts'
import type { Provisioned } from './provision.ts'
import { describe } from './smoke.ts'
import { runSpecs } from './specs.ts'

export async function verifyRollback(
  given: Given,
  { server, database }: Provisioned,
  before: Baseline,
  files: readonly string[],
  progress: Progress,
): Promise<StageOutput<SpecPass | null>> {
  progress('comparing the catalog')
  const differences = await withClient(server.connection(database), async (client) => {
    const catalog = await readCatalog(client, { ignoreTables: before.ignoreTables })
    const found = diffCatalogs(before.catalog, catalog)
    if (found.length === 0) return []
    return withClient(server.connection(before.pristine), (pristine) =>
      settleDeparse(found, { client: pristine, catalog: before.catalog }, { client, catalog }),
    )
  })
  console.error(differences)
  const { pass, findings } = await runSpecs(given, {
    connection: server.connection(database),
    files,
    phase: 'rolled-back',
  })
  return { facts: pass, findings, summary: describe(pass) }
}
