import type { Cell } from './text-width.ts'
import { cellsOf, columnsOf } from './text-width.ts'

export interface CaretOptions {
  /** Columns that no line exceeds, its number included; 100 by default, 30 at least. */
  readonly maxWidth?: number
  /** Lines shown before and after the one in question; 2 by default. */
  readonly contextLines?: number
}

/** A statement, and the 1-based character (code point, as Postgres counts) that an error points at. */
export interface Located {
  readonly text: string
  readonly position?: number | null
}

/**
 * The statement around its error position, a caret under the character; long statements and lines are cut
 * with an ellipsis, and lines are numbered when there are several. Without a position, or with one that lies
 * beyond the text, the beginning of the statement and no caret. No trailing newline, no colours, no control
 * characters.
 */
export function renderCaret({ text, position }: Located, options: CaretOptions = {}): string {
  const { maxWidth = 100, contextLines = 2 } = options
  const lines = text.split(/\r\n|\n/)
  const place = placeOf(text, position ?? 0)
  const first = Math.max(0, (place?.line ?? 0) - contextLines)
  const last = Math.min(lines.length - 1, (place?.line ?? contextLines) + contextLines)
  const shown = lines.slice(first, last + 1)
  const digits = lines.length > 1 ? String(last + 1).length : 0
  const width = Math.max(30, maxWidth) - (digits > 0 ? digits + 3 : 0)
  const gutter = (label: string): string => (digits > 0 ? `${label.padStart(digits)} | ` : '')

  const rendered = shown.flatMap((line, index) => {
    const number = gutter(String(first + index + 1))
    if (first + index !== place?.line) return [`${number}${cutEnd(cellsOf(line), width)}`]
    const { line: visible, caret } = cutAround(line, place.column, width)
    return [`${number}${visible}`, `${gutter('')}${' '.repeat(caret)}^`]
  })
  if (first > 0) rendered.unshift(`${gutter('')}…`)
  if (last < lines.length - 1) rendered.push(`${gutter('')}…`)
  return rendered.map((line) => line.trimEnd()).join('\n')
}

/** 0-based line, and the UTF-16 offset in it; Postgres also points just behind the end. */
function placeOf(text: string, position: number): { line: number; column: number } | undefined {
  if (position < 1) return undefined
  let offset = 0
  for (let counted = 1; counted < position; counted += 1) {
    if (offset >= text.length) return undefined
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1
  }
  const before = text.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length - 1, column: offset - start }
}

function cutEnd(cells: readonly Cell[], width: number): string {
  if (columnsOf(cells) <= width) return textOf(cells)
  return `${textOf(fitting(cells, width - 1))}…`
}

/** Keeps the character at `column` in sight, with more in front of it than behind when both must be cut. */
function cutAround(line: string, column: number, width: number): { line: string; caret: number } {
  const cells = cellsOf(line)
  const at = cellAt(line, column)
  const before = cells.slice(0, at)
  if (columnsOf(cells) <= width) return { line: textOf(cells), caret: columnsOf(before) }
  const room = Math.floor((width * 2) / 3)
  if (columnsOf(before) < room) return { line: cutEnd(cells, width), caret: columnsOf(before) }
  const tail = fitting(before.toReversed(), room - 1).toReversed()
  const caret = columnsOf(tail) + 1
  return { line: `…${textOf(tail)}${cutEnd(cells.slice(at), width - caret)}`, caret }
}

/** Index of the cell that holds the UTF-16 offset. */
function cellAt(line: string, column: number): number {
  let offset = 0
  let index = 0
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(line)) {
    offset += segment.length
    if (offset > column) return index
    index += 1
  }
  return index
}

/** As many of the first cells as fit. */
function fitting(cells: readonly Cell[], width: number): Cell[] {
  let columns = 0
  const rest = cells.findIndex((cell) => (columns += cell.columns) > width)
  return rest < 0 ? [...cells] : cells.slice(0, rest)
}

const textOf = (cells: readonly Cell[]): string => cells.map(({ text }) => text).join('')
