import { posix } from 'node:path'
import { HarnessError } from '../../errors.ts'

/** What the files of a directory or a tar are, as a backup. */
export type Layout =
  /** One dump with its `toc.dat`; `prefix` is the path of its folder: empty, or ending in a slash. */
  | { readonly kind: 'dump'; readonly prefix: string }
  /** One base backup: a data directory, or the tar of one with what belongs to it. */
  | { readonly kind: 'base'; readonly prefix: string }
  /** A single file, which may be a backup itself. */
  | { readonly kind: 'wrapped'; readonly name: string }
  | { readonly kind: 'several' }

/** Tells by the names alone. Throws HarnessError when there are no files. */
export function layoutOf(names: readonly string[], path: string): Layout {
  const real = names.filter(isReal)
  const tocs = real.filter((name) => posix.basename(name) === 'toc.dat')
  const toc = tocs.toSorted((a, b) => depth(a) - depth(b))[0]
  if (toc !== undefined && tocs.length === 1) return { kind: 'dump', prefix: toc.slice(0, -'toc.dat'.length) }
  if (real.length === 0) throw empty(path)
  const base = basesOf(real)
  if (base.length === 1 && base[0] !== undefined) return { kind: 'base', prefix: base[0] }
  const [only] = real
  return real.length === 1 && only !== undefined ? { kind: 'wrapped', name: only } : { kind: 'several' }
}

/** The folders of these that are one backup each, as a dump or a base backup is; none within another. */
export function backupFolders(names: readonly string[]): string[] {
  const real = names.filter(isReal)
  const dumps = real
    .filter((name) => posix.basename(name) === 'toc.dat')
    .map((name) => name.slice(0, -'toc.dat'.length))
  const all = [...new Set([...dumps, ...basesOf(real)])]
  return all.filter((folder) => !all.some((other) => other !== folder && folder.startsWith(other)))
}

/** Every database's folder has a `PG_VERSION` as well: `base/1/PG_VERSION`, `PG_17_202406281/16384/PG_VERSION`. */
function basesOf(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const prefix = /^((?:.*\/)?)(?:PG_VERSION|base\.tar(?:\.\w+)?)$/.exec(name)?.[1]
    return prefix === undefined || /(?:^|\/)(?:base|PG_\d+_\d+)\/\d+\/$/.test(prefix) ? [] : [prefix]
  })
}

/** Not what an operating system puts beside the files of a folder, and no backup that is still being taken. */
export function isReal(name: string): boolean {
  return !name.split('/').some((part) => part.startsWith('._') || part.endsWith(unfinished) || junk.has(part))
}

/** How the name of a directory ends that `rehearse backup` is still writing. */
export const unfinished = '.partial'

const junk = new Set(['.DS_Store', '__MACOSX', 'PaxHeader', 'Thumbs.db', 'desktop.ini'])

function depth(name: string): number {
  return posix.normalize(name).split('/').length
}

function empty(path: string): HarnessError {
  return new HarnessError('backup-empty', `${path} holds no files.`, {
    hint: 'The backup job failed or is still running: look at its log, then take the backup again.',
  })
}
