import type { Setting } from './setting.ts'

/** Where the backup comes from. */
export const backupSettings = [
  {
    key: 'backup',
    flag: '--backup <path>',
    variable: 'REHEARSAL_BACKUP',
    description:
      'the production backup: what pg_dump or pg_basebackup wrote, in any format, also compressed or packed; of a directory of backups the newest',
    example: 'backups/production.dump',
  },
  {
    key: 'source',
    flag: '--source <from>',
    variable: 'REHEARSAL_SOURCE_URL',
    description:
      'instead of a backup, a live server that one is taken from first, read-only; as a flag or in the config file env:NAME, a variable with its URL, or a URL without password',
    example: 'postgresql://backup:change-me@replica-db.internal:5432/comicscout',
  },
  {
    key: 'backupCommand',
    flag: '--backup-command <command>',
    variable: 'REHEARSAL_BACKUP_COMMAND',
    description: 'instead of a backup, a shell command that writes one to its standard output',
    example: 'ssh backup-host cat /backups/latest.dump',
  },
] as const satisfies readonly Setting[]
