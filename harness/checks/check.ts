import type { Finding } from '../rehearsal.ts'

/** A judge of before and after: plain facts in, findings out. Registered in `index.ts`. */
export interface Check<Facts> {
  /** Kebab-case noun in the failing state; also the file's name and the id of its findings. */
  readonly id: string
  /** What it finds, in one sentence. */
  readonly description: string
  /** Pure; no finding means that all is well. */
  judge(facts: Facts): Finding[]
}
