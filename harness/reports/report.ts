import type { Rehearsal } from '../rehearsal.ts'

/** A way to show a rehearsal: a pure function of its one document. */
export interface Report {
  readonly name: string
  readonly description: string
  /** The whole text, ending in a newline. */
  render(rehearsal: Rehearsal): string
}
