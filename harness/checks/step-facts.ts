import type { CatalogDifference } from '../catalog/catalog.ts'
import type { DataDifference } from '../catalog/data-difference.ts'

/** One migration taken up, down and up again on a copy; what the checks of the staircase judge. */
export interface StepFacts {
  readonly migration: string
  /** Names of objects that up changed, and of tables whose rows it changed. */
  readonly touchedByUp: ReadonlySet<string>
  /** Whether down changed anything, in catalog or data. */
  readonly downChanged: boolean
  /** From before up to after down. */
  readonly catalog: readonly StepDifference[]
  readonly data: readonly DataDifference[]
  /** From the first up to the second; null when there was no second. */
  readonly again: {
    readonly catalog: readonly CatalogDifference[]
    /** Tables with other rows or values than after the first up. */
    readonly tables: readonly string[]
  } | null
  /** The plan's `allowedDataChanges`. */
  readonly allowed: readonly string[]
}

/** A difference that says whether up had anything to do with the object. */
export interface StepDifference extends CatalogDifference {
  /** Up changed neither the object nor what it belongs to, nor is it new. */
  readonly beyondUp: boolean
}

/** Whether down ran and left everything as up had made it, although up did make something. */
export function isWithoutEffect({ touchedByUp, downChanged, catalog, data }: StepFacts): boolean {
  return !downChanged && touchedByUp.size > 0 && catalog.length + data.length > 0
}
