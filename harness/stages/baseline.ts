import type { Catalog } from '../catalog/catalog.ts'
import { fingerprint, type Fingerprint } from '../catalog/fingerprint.ts'
import { readCatalog } from '../catalog/read.ts'
import type { Server } from '../engines/engine.ts'
import { withClient } from '../postgres/client.ts'
import { bytes, count } from '../reports/text.ts'
import type { Progress, StageOutput } from '../stage.ts'

/** What the database was before anything was done to it. */
export interface Baseline {
  /** A pristine copy that nothing ever writes to; what comes later is compared with it row by row. */
  readonly pristine: string
  readonly catalog: Catalog
  readonly tables: readonly Fingerprint[]
}
