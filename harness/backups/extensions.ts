import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { withClient } from '../postgres/client.ts'

/**
 * Makes sure, before anything is restored, that the server has every extension that the backup needs. Throws
 * HarnessError `extension-missing` that names all that are not there and how to get them. (A dump says no version of
 * an extension: it gets the server's default.)
 */
export async function requireExtensions(server: Server, extensions: readonly string[]): Promise<void> {
  const available = await withClient(server.connection('postgres'), async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select name from pg_catalog.pg_available_extensions',
    )
    return new Set(rows.map(({ name }) => name))
  })
  const missing = extensions.filter((name) => !available.has(name))
  if (missing.length === 0) return
  const one = missing.length === 1
  throw new HarnessError(
    'extension-missing',
    `The backup needs ${one ? 'the extension' : 'extensions'} ${missing.join(', ')}, which Postgres ${server.version} (${server.image ?? server.engine}) does not have.`,
    {
      hint: `${howToGet(server, missing)} A server of your own that has ${one ? 'it' : 'them'} does as well: --engine external.`,
    },
  )
}

function howToGet({ major, engine }: Server, missing: readonly string[]): string {
  const flags = engine === 'docker' ? '--image' : '--engine docker --image'
  const images = [...new Set(missing.flatMap((name) => imageOf(name, major) ?? []))]
  const known = images.map((image) => `${flags} ${image}`).join(' or ')
  const own = `build an image of your own (\`FROM postgres:${major}\` and \`RUN apt-get update && apt-get install -y ${missing.map((name) => packageOf(name, major)).join(' ')}\`) and name it: ${flags} NAME`
  if (known === '') return `Rehearse on an image that has ${missing.length === 1 ? 'it' : 'them'}: ${own}.`
  const every = images.length === 1 && missing.every((name) => imageOf(name, major) !== undefined)
  return every ? `Use ${known}, or ${own}.` : `No one public image has them all (${known}): ${own}.`
}

/** Public images on top of the official one. */
function imageOf(extension: string, major: number): string | undefined {
  if (/^(?:postgis|address_standardizer|fuzzystrmatch$)/.test(extension))
    return `postgis/postgis:${major}-3.5`
  if (extension === 'vector') return `pgvector/pgvector:pg${major}`
  if (extension.startsWith('timescaledb')) return `timescale/timescaledb:latest-pg${major}`
  return undefined
}

/** As apt.postgresql.org, which the official image is made of, calls it. */
function packageOf(extension: string, major: number): string {
  const names: Readonly<Record<string, string>> = {
    vector: 'pgvector',
    pg_cron: 'cron',
    pg_partman: 'partman',
    pgaudit: 'pgaudit',
    pg_repack: 'repack',
    hll: 'hll',
    pgrouting: 'pgrouting',
    h3: 'h3',
    ip4r: 'ip4r',
    plpython3u: 'plpython3',
    plperl: 'plperl',
    pltcl: 'pltcl',
    http: 'http',
    rum: 'rum',
    semver: 'semver',
    periods: 'periods',
    wal2json: 'wal2json',
  }
  if (/^postgis|^address_standardizer/.test(extension)) return `postgresql-${major}-postgis-3`
  const name = names[extension] ?? extension.replaceAll('_', '-')
  return `postgresql-${/^pl(?:python3|perl|tcl)$/.test(name) ? `${name}-${major}` : `${major}-${name}`}`
}
