/**
 * The script that a page of the docs amounts to: what it has under `<!-- run -->` runs, what it has under
 * `<!-- file: PATH -->` is written to that path, in the page's order. It ends at the first command that fails.
 */
export function docsScript(page: string): string {
  const blocks = [...page.matchAll(/<!-- (run|file: (\S+)) -->\n+```\w+\n([^]*?)```\n/g)]
  const steps = blocks.map(([, , path, content = '']) =>
    path === undefined
      ? content
      : `mkdir -p "$(dirname '${path}')"\ncat > '${path}' <<'END OF ${path}'\n${content}END OF ${path}\n`,
  )
  const markers = page.match(/<!-- (run|file)\b/g)?.length ?? 0
  if (blocks.length === 0 || blocks.length !== markers) {
    throw new Error(`${markers} marks, and ${blocks.length} blocks that belong to them`)
  }
  return ['set -eu', ...steps].join('\n')
}
