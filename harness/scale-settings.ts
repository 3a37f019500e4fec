import type { Setting } from './setting.ts'

/** What keeps the rehearsal of a large database within bounds; part of `settings`. */
export const scaleSettings = [
  {
    key: 'sampleAbove',
    flag: '--sample-above <size>',
    variable: 'REHEARSAL_SAMPLE_ABOVE',
    description:
      'compare tables that take more by a sample of their rows of about this size, chosen by their key; all rows are counted',
    defaultText: 'every row of every table',
    example: '100GB',
  },
  {
    key: 'storageHook',
    flag: '--storage-hook <command>',
    variable: 'REHEARSAL_STORAGE_HOOK',
    description:
      'a command that makes, clones and removes data directories by the storage’s own means, for the embedded engine',
    defaultText: 'files are copied, sharing their blocks where the file system can',
    example: '/usr/local/bin/rehearsal-storage',
  },
] as const satisfies readonly Setting[]
