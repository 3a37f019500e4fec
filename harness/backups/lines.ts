/** Line ends in a piece of COPY data: each row is one line there, as line ends in values are escaped. */
export function linesIn(data: Buffer): number {
  let lines = 0
  for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) lines += 1
  return lines
}
