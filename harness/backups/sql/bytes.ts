export const newline = 0x0a
export const doubleQuote = 0x22
export const dollar = 0x24
export const quote = 0x27
export const open = 0x28
export const close = 0x29
export const star = 0x2a
export const minus = 0x2d
export const slash = 0x2f
export const semicolon = 0x3b
export const backslash = 0x5c

/** Kinds of bytes between tokens, in this order. */
export const space = 0
/** Means nothing to where a statement ends. */
export const dull = 1
export const symbol = 2
/** Starts a word. */
export const letter = 3

/** The kind of every byte; what is not ASCII is part of a word, as in the server's own lexer. */
export const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  if (byte >= 128 || /[A-Za-z_]/.test(character)) return letter
  if (/[\s\0]/.test(character)) return space
  return /["$'()\-/;\\]/.test(character) ? symbol : dull
})

/** 1 for every byte that may go on a word. */
export const inWord = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 128 || /[A-Za-z0-9_$]/.test(String.fromCharCode(byte)) ? 1 : 0,
)
