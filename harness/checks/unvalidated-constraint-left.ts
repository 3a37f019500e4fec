import type { Check } from './check.ts'
import type { LeftoverFacts } from './invalid-index-left.ts'

/** Finds constraints that a migration added NOT VALID and none validated: old rows may break them. */
export const unvalidatedConstraintLeft: Check<LeftoverFacts> = {
  id: 'unvalidated-constraint-left',
  description: 'A constraint is not validated after the run.',
  judge: ({ before, after }) =>
    after.unvalidatedConstraints
      .filter(
        ({ constraint, table }) =>
          !before.unvalidatedConstraints.some((it) => it.constraint === constraint && it.table === table),
      )
      .map(({ constraint, table }) => ({
        id: 'unvalidated-constraint-left',
        severity: 'warning',
        subject: `${table}.${constraint}`,
        message: `The constraint ${constraint} on ${table} is NOT VALID: nobody knows whether the old rows keep it.`,
        remedy:
          'Validate it in a later migration: alter table … validate constraint … lets reads and writes pass.',
      })),
}
