import { isAbsolute, relative } from 'node:path'

/** A path as a person in `cwd` would write it: relative when it lies inside, so that reports read alike anywhere; an address as it is. */
export function shortPath(cwd: string, path: string): string {
  if (!isAbsolute(path)) return path
  const short = relative(cwd, path)
  return short.startsWith('..') || isAbsolute(short) ? path : short
}
