import type { Sampling } from '../catalog/sampling.ts'
import type { Finding } from '../rehearsal.ts'

/** What comparing samples cannot tell, for the report's limits; empty where every row is compared. */
export function samplingLimits({ oneIn, withoutKey }: Sampling): string[] {
  const sampled = [...oneIn].map(([name, rows]) => `${name} (one row in ${rows})`)
  return [
    ...(sampled.length === 0
      ? []
      : [
          `Of tables above --sample-above all rows were counted, and values were compared in a sample only: ${sampled.join(', ')}. A change of few rows there can have gone unseen.`,
        ]),
    ...(withoutKey.length === 0
      ? []
      : [
          `Without a key no sample can be chosen, so every row was compared of ${withoutKey.join(', ')}, above --sample-above all the same.`,
        ]),
  ]
}

/** A notice for each table: the team asked for it, so it does not spoil the verdict, and it is never left unsaid. */
export function sampledFindings({ oneIn }: Sampling): Finding[] {
  return [...oneIn].map(([name, rows]) => ({
    id: 'rows-sampled',
    severity: 'notice',
    subject: name,
    message: `${name}: all rows counted, and one row in ${rows} compared, chosen by its key.`,
    remedy: 'Leave out --sample-above in a rehearsal that is to compare every row.',
  }))
}
