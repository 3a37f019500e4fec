import { posix } from 'node:path'
import { HarnessError } from '../../errors.ts'

/** What the files of a directory or a tar are, as a backup. */
export type Layout =
  /** One dump with its `toc.dat`; `prefix` is the path of its folder: empty, or ending in a slash. */
  | { readonly kind: 'dump'; readonly prefix: string }
  /** A single file, which may be a backup itself. */
  | { readonly kind: 'wrapped'; readonly name: string }
  | { readonly kind: 'several' }

/** Tells by the names alone. Throws HarnessError for a base backup and when there are no files. */
export function layoutOf(names: readonly string[], path: string): Layout {
  const real = names.filter(isReal)
  const tocs = real.filter((name) => posix.basename(name) === 'toc.dat')
  const toc = tocs.toSorted((a, b) => depth(a) - depth(b))[0]
  if (toc !== undefined && tocs.length === 1) return { kind: 'dump', prefix: toc.slice(0, -'toc.dat'.length) }
  if (real.length === 0) throw empty(path)
  if (real.some((name) => /^(?:[^/]+\/)*(?:PG_VERSION|backup_manifest|base\.tar(?:\.\w+)?)$/.test(name)))
    throw baseBackup(path)
  const [only] = real
  return real.length === 1 && only !== undefined ? { kind: 'wrapped', name: only } : { kind: 'several' }
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

function baseBackup(path: string): HarnessError {
  return new HarnessError(
    'backup-unsupported',
    `${path} is a physical base backup (pg_basebackup), which is not supported yet.`,
    { hint: 'Take a logical backup: `pg_dump -Fc` or `pg_dump -Fd`.' },
  )
}
