/** One user-perceived character and the terminal columns it takes: 0, 1 or 2. */
export interface Cell {
  readonly text: string
  readonly columns: number
}

/**
 * Splits one line into cells as a terminal shows it: tabs become spaces up to the next multiple of 4, control
 * characters a replacement character, and East Asian wide characters and emoji take two columns.
 */
export function cellsOf(line: string): Cell[] {
  const cells: Cell[] = []
  let column = 0
  for (const { segment } of segmenter.segment(line)) {
    const cell = cellOf(segment, column)
    cells.push(cell)
    column += cell.columns
  }
  return cells
}

/** Columns that cells take together. */
export const columnsOf = (cells: readonly Cell[]): number =>
  cells.reduce((sum, cell) => sum + cell.columns, 0)

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

function cellOf(segment: string, column: number): Cell {
  if (segment === '\t') {
    const columns = 4 - (column % 4)
    return { text: ' '.repeat(columns), columns }
  }
  if (/^\p{Cc}/u.test(segment)) return { text: '\u{fffd}', columns: 1 }
  if (/^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(segment)) return { text: segment, columns: 0 }
  return { text: segment, columns: wide.test(segment) ? 2 : 1 }
}

/** Approximates East_Asian_Width W and F, which regular expressions do not know. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u{fe0f}\u{3000}-\u{303e}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}]/u
