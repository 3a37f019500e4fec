/** The words behind `rehearse` of each call in what a shell is given, or a page shows of it. */
export function rehearseCalls(shell: string): string[][] {
  const lines = shell.replaceAll(/\\\n\s*/g, ' ').split('\n')
  return lines.flatMap((line) => {
    // At the start of a command: behind a prompt, variables, npx, exec, or another command.
    const starts = line.matchAll(/(?:^|[;&|]|\$ |\bnpx |\bexec |=\S* )\s*rehearse (?=\S)/g)
    return [...starts].map(({ index, 0: { length } }) => wordsOf(line.slice(index + length)))
  })
}

/** Code of a Markdown page in which the program may be called: fenced for a shell, indented, or within a line. */
export function shellOf(page: string): string[] {
  const fences = /^( *)```(\w*)\n([^]*?)^ *```$/gm
  const shells = [...page.matchAll(fences)].filter(([, , language]) =>
    ['', 'sh', 'console', 'text', 'yaml'].includes(language ?? ''),
  )
  const prose = page.replaceAll(fences, '')
  const indented = prose.match(/^(?: {4}|\t)\S.*$/gm) ?? []
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  return [...shells.map(([, , , code = '']) => code), ...indented, ...inline].map((code) =>
    code.replaceAll(/^ +(?:run: |- run: |- )?/gm, ''),
  )
}

/** Up to what ends a command: an operator, a comment, or, as pages show it, a wide gap. Optional words are taken. */
function wordsOf(given: string): string[] {
  const text = given.replaceAll(/\$\([^()]*\)/g, '$OUTPUT')
  const command = text.split(/ {2,}(?=[^-\s])|\s(?:#|&&|\|\|?|>>?|;|2>)(?=\s|$)|[;)]\s*$/)[0] ?? ''
  const words = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  return words.map((word) => word.replaceAll(/^\[|\]$|["']|[;,]$/g, '')).filter((word) => word !== '')
}
