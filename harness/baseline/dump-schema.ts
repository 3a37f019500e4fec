import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import type { TableName } from '../catalog/read.ts'

/**
 * The schema of `database` as pg_dump writes it, without `ignoreTables` and without subscriptions. Throws
 * HarnessError `schema-not-dumped` where there is no pg_dump of the server's major, or it fails.
 */
export async function dumpSchema(
  server: Server,
  database: string,
  ignoreTables: readonly TableName[],
): Promise<string> {
  const version = await server.toolVersion('pg_dump')
  if (version === undefined || Number.parseInt(version, 10) < server.major) {
    throw new HarnessError(
      'schema-not-dumped',
      `pg_dump ${version ?? 'is not installed'}${version === undefined ? '' : ' is too old'} for Postgres ${server.version}.`,
      { hint: `Install the client tools of Postgres ${server.major}, or use --engine docker.` },
    )
  }
  const excluded = ignoreTables.map(
    ({ schema, name }) => `--exclude-table=${pattern(schema ?? '*')}.${pattern(name)}`,
  )
  const args = ['--schema-only', '--no-subscriptions', '--no-tablespaces', ...excluded]
  const { exitCode, stdout, stderr } = await server.runTool('pg_dump', args, { database })
  if (exitCode === 0) return stdout
  throw new HarnessError('schema-not-dumped', `pg_dump failed:\n${stderr.trim()}`, {
    hint: 'The lines above say why.',
  })
}

/** As a pattern of pg_dump that matches this name alone. */
function pattern(name: string): string {
  return name === '*' ? name : `"${name.replaceAll('"', '""')}"`
}
