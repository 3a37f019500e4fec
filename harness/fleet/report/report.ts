import type { FleetDocument } from '../document.ts'

/** A way to show a fleet: a pure function of its one document. */
export interface FleetReport {
  readonly name: string
  readonly description: string
  /** Its name in the fleet's directory. */
  readonly file: string
  /** The whole text, ending in a newline. */
  render(document: FleetDocument): string
}
