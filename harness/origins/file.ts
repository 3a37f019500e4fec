import { openBackup } from '../backups/index.ts'
import type { Origin } from './origin.ts'

/** A file or directory on this machine. */
export const file: Origin = {
  name: 'file',
  description: 'a file or a directory on this machine; of a directory of backups the newest',
  inPlace: true,
  holds: ({ backup }) => backup !== '',
  open: async ({ backup, run }) => await openBackup(backup, run.directory),
}
