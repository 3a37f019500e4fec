/** What a column's type is masked as; anything else (numbers apart from phones, booleans, enums …) takes `null`, `keep` or SQL. */
export type TypeFamily =
  | 'text'
  | 'json'
  | 'whole number'
  | 'uuid'
  | 'bytes'
  | 'network'
  | 'date'
  | 'timestamp'

/** A ready masking rule: an SQL expression for each kind of type that it can mask. */
export interface ReadyRule {
  /** One line for the docs: what becomes of a value. */
  readonly description: string
  /** Different values stay different, so that unique columns and keys can be masked with it. */
  readonly keepsDistinct: boolean
  /** Masked values look like unmasked ones, so that one may be another row's old value. */
  readonly permutes?: true
  /** Characters that a text type must have room for. */
  readonly atLeast?: number
  /** The masked value of `value`, an SQL expression, with at most `most` characters; null and empty stay so. */
  readonly expressions: Partial<Record<TypeFamily, (value: string, most: number) => string>>
}
