import { fingerprint, recipeOf, type FingerprintRequest } from '../catalog/fingerprint.ts'
import { findDigests, saveDigests, type SnapshotIdentity, type StoredDigests } from '../snapshots/digests.ts'

/**
 * Row counts and digests of a copy of the restored database to which nothing has written: those stored with the
 * snapshot that it is a clone of, else by reading all rows, and stored then. Undefined `snapshot`: always by reading.
 */
export async function digestsOf(
  snapshot: SnapshotIdentity | undefined,
  request: FingerprintRequest,
): Promise<Omit<StoredDigests, 'recipe'> & { readonly areStored: boolean }> {
  const recipe = snapshot === undefined ? '' : await recipeOf(request)
  const found = snapshot && (await findDigests(snapshot, recipe))
  if (found !== undefined) return { ...found, areStored: true }
  const takenAt = new Date().toISOString()
  const tables = await fingerprint(request)
  if (snapshot !== undefined) await saveDigests(snapshot, { recipe, takenAt, tables })
  return { tables, takenAt, areStored: false }
}
