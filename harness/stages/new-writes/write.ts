import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { messageOf } from '../../errors.ts'
import { withClient } from '../../postgres/client.ts'
import type { Connection } from '../../postgres/connection.ts'
import type { Given } from '../given.ts'
import { runSpecs } from '../specs.ts'

/** Writes as the new release will: the plan's SQL, or else the specs. Returns why it failed, null when it did not. */
export async function writeAnew(
  given: Given,
  connection: Connection,
  specFiles: readonly string[],
): Promise<string | null> {
  const { newWrites, cwd } = given.plan
  if (newWrites === undefined) {
    const { pass, findings } = await runSpecs(given, { connection, files: specFiles, phase: 'migrated' })
    return pass === null || pass.passed === 0 ? (findings[0]?.message ?? 'no spec passed') : null
  }
  const path = resolve(cwd, newWrites)
  // What is no file's name is the SQL itself.
  const sql = await readFile(path, 'utf8').catch(() => newWrites)
  try {
    await withClient(connection, (client) => client.query(sql))
    return null
  } catch (error) {
    return messageOf(error)
  }
}
