import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HarnessError } from '../errors.ts'
import type { OpenedBackup } from './backup-format.ts'
import { isReal } from './members/layout.ts'

/**
 * The newest backup in a directory of them, by the date in its own head, else by that of its file. What is no backup
 * at all (a log, a checksum) is passed over; but when the newest file is a damaged one, its HarnessError is thrown,
 * because taking an older one would hide it.
 */
export async function newestBackup(
  directory: string,
  open: (path: string) => Promise<OpenedBackup>,
): Promise<OpenedBackup> {
  const names = (await readdir(directory)).filter((name) => isReal(name) && !name.startsWith('.'))
  const candidates = await Promise.all(names.map((name) => candidate(join(directory, name), open)))
  const newest = candidates
    .filter((found) => found !== undefined)
    .toSorted((a, b) => (a.date < b.date ? 1 : a.date > b.date ? -1 : 0))[0]
  if (newest === undefined) throw none(directory)
  if (newest.opened instanceof HarnessError) throw newest.opened
  return newest.opened
}

interface Candidate {
  readonly date: string
  readonly opened: OpenedBackup | HarnessError
}

async function candidate(
  path: string,
  open: (path: string) => Promise<OpenedBackup>,
): Promise<Candidate | undefined> {
  const modified = localTime((await stat(path)).mtime)
  try {
    const opened = await open(path)
    return { date: (await opened.format.createdAt(opened.file)) ?? modified, opened }
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error
    return notBackups.has(error.code) ? undefined : { date: modified, opened: error }
  }
}

const notBackups = new Set(['backup-unknown', 'backup-missing'])

/** As in the head of an archive: `2026-01-31 23:59:59`, in the local time. */
export function localTime(date: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
}

function none(directory: string): HarnessError {
  return new HarnessError('backup-missing', `${directory} holds no backup that is known here.`, {
    hint: 'Give a backup made with pg_dump, a directory-format dump, or a directory of backups.',
  })
}
