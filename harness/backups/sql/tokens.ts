/** A piece of a statement. Names come without quotes, folded to lower case when they had none. */
export type Token =
  | { readonly kind: 'word' | 'quoted'; readonly text: string }
  | { readonly kind: 'string' | 'symbol'; readonly text: string }

/** The tokens of one statement, without comments. Numbers and operators are symbols, character by character. */
export function tokensOf(sql: string): Token[] {
  return [...sql.matchAll(pattern)].flatMap(({ groups = {} }): Token[] => {
    const { quoted, text, dollar, word, symbol } = groups
    if (quoted !== undefined) return [{ kind: 'quoted', text: quoted.replaceAll('""', '"') }]
    if (text !== undefined) return [{ kind: 'string', text: text.replaceAll("''", "'") }]
    if (dollar !== undefined) return [{ kind: 'string', text: dollar }]
    if (word !== undefined) return [{ kind: 'word', text: word.toLowerCase() }]
    return symbol === undefined ? [] : [{ kind: 'symbol', text: symbol }]
  })
}

/** Whether the token is this keyword. */
export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text)
}

/** Whether the token can name something. */
export function isName(token: Token | undefined): token is Extract<Token, { kind: 'word' | 'quoted' }> {
  return token?.kind === 'word' || token?.kind === 'quoted'
}

const pattern = new RegExp(
  [
    String.raw`--[^\n]*|/\*[^]*?\*/`,
    String.raw`"(?<quoted>(?:[^"]|"")*)"`,
    String.raw`'(?<text>(?:[^']|'')*)'`,
    String.raw`\$(?<tag>[\p{L}_][\p{L}\p{N}_]*)?\$(?<dollar>[^]*?)\$\k<tag>\$`,
    String.raw`(?<word>[\p{L}_][\p{L}\p{N}_$]*)`,
    String.raw`(?<symbol>\S)`,
  ].join('|'),
  'gu',
)
