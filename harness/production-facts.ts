import type { Config } from './config-schema.ts'
import type { ProductionFacts } from './estimate/production.ts'

/** The config's `production`, with what is left out said; undefined where all of it is. */
export function productionFacts(given: Config['production']): ProductionFacts | undefined {
  if (given === undefined) return undefined
  const { tableSizes = {}, hardwareFactor, replicaBandwidth, calibration } = given
  return { tableSizes, hardwareFactor, replicaBandwidth, calibration }
}
