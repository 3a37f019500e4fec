import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { packageFile } from '../docs.ts'

/** Backups of tenants that `fixtures/fleet` migrates. */
export interface Tenants {
  /** Passes. */
  readonly plain: string
  /** Has an order that a migration's new constraint does not allow. */
  readonly violating: string
  /** Cut off in the middle. */
  readonly torn: string
}

/** Writes the backups into `directory`. */
export async function makeTenants(directory: string): Promise<Tenants> {
  const plain = packageFile('fixtures/broken/shop.sql.gz')
  const text = gunzipSync(await readFile(plain)).toString()
  const larger = text.replace(/^(1\t75\t63\t)1\t/m, '$1900\t')
  if (larger === text) throw new Error('the shop has another first order')
  const tenants = {
    plain,
    violating: join(directory, 'violating.sql.gz'),
    torn: join(directory, 'torn.sql.gz'),
  }
  await writeFile(tenants.violating, gzipSync(larger))
  await writeFile(tenants.torn, (await readFile(plain)).subarray(0, 5_000))
  return tenants
}
