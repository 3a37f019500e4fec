import { settleDeparse } from '../catalog/canonical.ts'
import type { CatalogDifference } from '../catalog/catalog.ts'
import { diffCatalogs } from '../catalog/diff.ts'
import { readCatalog } from '../catalog/read.ts'
import { checks } from '../checks/index.ts'
import { withClient } from '../postgres/client.ts'
import type { SpecPass, TablesCompared } from '../rehearsal.ts'
import { count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'
import type { Baseline } from './baseline.ts'
import { compareWithPristine } from './compare-data.ts'
import type { Given } from './given.ts'
import { isMigratorSchema } from './migrator-schema.ts'
import type { Provisioned } from './provision.ts'
import { describe as describePass } from './smoke.ts'
import { runSpecs } from './specs.ts'
import { describe as describeData } from './verify-data.ts'

/** Finds out whether rollback brought the old state back: catalog, data, and the specs on what is there now. */
export async function verifyRollback(
  given: Given,
  provisioned: Provisioned,
  before: Baseline,
  specFiles: readonly string[],
  progress: Progress,
): Promise<StageOutput<{ readonly pass: SpecPass | null; readonly compared: TablesCompared }>> {
  const { server, database } = provisioned
  progress('comparing catalog and data')
  // One after the other: what settles an expression's wording takes strong locks.
  const catalog = await catalogDifferences(provisioned, before)
  const data = await compareWithPristine(provisioned, before, 'name', progress)
  progress('running the specs')
  const specs = await runSpecs(given, {
    connection: server.connection(database),
    files: specFiles,
    phase: 'rolled-back',
  })
  return {
    facts: { pass: specs.pass, compared: data.compared },
    findings: [
      ...checks['rollback-catalog-drift'].judge({ differences: catalog }),
      ...checks['rollback-data-drift'].judge({
        differences: data.differences,
        allowed: given.plan.allowedDataChanges,
      }),
      ...specs.findings,
    ],
    summary: [
      `${count(before.catalog.objects.size, 'object')} compared: ${catalog.length === 0 ? 'no difference' : count(catalog.length, 'difference')}`,
      describeData(before, data),
      describePass(specs.pass),
    ].join('; '),
  }
}

async function catalogDifferences(
  { server, database }: Provisioned,
  { pristine, catalog: old, ignoreTables }: Baseline,
): Promise<CatalogDifference[]> {
  return withClient(server.connection(database), async (client) => {
    const catalog = await readCatalog(client, { ignoreTables })
    const differences = diffCatalogs(old, catalog).filter(
      (difference) => !isMigratorSchema(difference, ignoreTables),
    )
    if (differences.length === 0) return []
    return withClient(pristine, (pristineClient) =>
      settleDeparse(differences, { client: pristineClient, catalog: old }, { client, catalog }),
    )
  })
}
