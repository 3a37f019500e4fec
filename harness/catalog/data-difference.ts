/** How the data of one table or column differs between two databases. */
export interface DataDifference {
  /** Qualified, as it was called before. */
  readonly table: string
  /** A materialized view's rows follow from other tables'. */
  readonly relation: 'table' | 'partitioned table' | 'materialized view'
  /** As it was called before, unquoted; null when the whole table is concerned. */
  readonly column: string | null
  /**
   * `values-changed`: rows whose value is another one; with a column of another type, not the one that a cast
   * gives. `column-retyped`: values that do not survive the cast to the new type and back. In a table without a
   * key a changed row cannot be told from a lost and an added one: as many of them as can be paired count as
   * changed, in the columns whose values as a whole differ.
   */
  readonly kind:
    | 'rows-lost'
    | 'rows-added'
    | 'values-changed'
    | 'column-retyped'
    | 'column-dropped'
    | 'table-dropped'
  /** Rows concerned; of a dropped column or table, all that there were. */
  readonly rows: number
  /** Up to three keys of rows concerned, such as `id=5`; none without a key. */
  readonly samples: readonly string[]
  /** The count is an estimate from a sample. */
  readonly sampled: boolean
  /** Of a dropped column: the values that were not null. */
  readonly nonNullLost: number | null
}
