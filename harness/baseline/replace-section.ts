import { HarnessError } from '../errors.ts'

/** Says where in a document the part that is ours begins and ends. */
const begin = (name: string) => `<!-- pg-rehearsal:${name}:begin -->`
const end = (name: string) => `<!-- pg-rehearsal:${name}:end -->`

/**
 * `document` with the section `name` replaced between its markers; where it has none, the section is added at
 * the end, with markers. Throws HarnessError `document-markers-damaged` when one marker is missing, double or
 * in the wrong order, so that nothing that somebody wrote is lost.
 */
export function replaceSection(document: string, name: string, section: string, path: string): string {
  const block = `${begin(name)}\n\n${section.trim()}\n\n${end(name)}`
  const [begins, ends] = [begin(name), end(name)].map((marker) => document.split(marker).length - 1)
  if (begins === 0 && ends === 0) return `${document === '' ? '' : `${document.trimEnd()}\n\n`}${block}\n`
  const from = document.indexOf(begin(name))
  const to = document.indexOf(end(name))
  if (begins !== 1 || ends !== 1 || to < from) {
    throw new HarnessError(
      'document-markers-damaged',
      `${path} has the marker ${begin(name)} ${begins} times and ${end(name)} ${ends} times, or in the wrong order.`,
      { hint: 'Leave each of them once, around what may be replaced, or remove both.' },
    )
  }
  return `${document.slice(0, from)}${block}${document.slice(to + end(name).length)}`
}
