/** A lock that a statement took, as the rehearsal records it. */
export interface LockFacts {
  /** `schema.table`. */
  readonly relation: string
  /** As the Postgres documentation spells it: `ACCESS EXCLUSIVE`. */
  readonly mode: string
  /** From the statement's beginning until its transaction gave the lock back; null when that was not seen. */
  readonly heldMs: number | null
}
