/** A command line for a POSIX shell, its words quoted where they need it. */
export function shellCommand(environment: Readonly<Record<string, string>>, argv: readonly string[]): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${shellWord(value)}`)
  return [...variables, ...argv.map(shellWord)].join(' ')
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
