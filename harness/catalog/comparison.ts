import type { Client } from 'pg'
import type { DataDifference } from './data-difference.ts'
import type { ColumnPair, TablePair } from './match-tables.ts'
import type { Value } from './row-hash.ts'
import type { Sampling } from './sampling.ts'

/** A session on either side. */
export interface Sides {
  readonly before: Client
  readonly after: Client
  readonly major: number
  readonly sampling: Sampling
}

/** A table on both sides with each column's value in SQL, comparable across them. */
export interface Comparison {
  readonly pair: TablePair
  readonly columns: readonly ComparedColumn[]
  /** What holds, on either side, for the rows that are compared; undefined: all are. */
  readonly sample: { readonly oneIn: number; readonly before: string; readonly after: string } | undefined
}

export interface ComparedColumn {
  readonly pair: ColumnPair
  readonly before: Value
  readonly after: Value
}

/** What a comparison found in one table, before it is written down with the table's name. */
export type TableDifference = Pick<DataDifference, 'column' | 'kind' | 'rows'> &
  Partial<Pick<DataDifference, 'samples' | 'sampled' | 'nonNullLost'>>
