import type { Setting } from './setting.ts'

/** Where the backup comes from. */
export const backupSettings = [
  {
    key: 'backup',
    flag: '--backup <path>',
    variable: 'REHEARSAL_BACKUP',
    description:
      'the production backup: what pg_dump or pg_basebackup wrote, in any format, also compressed or packed; of a directory of backups the newest; or s3://BUCKET/PREFIX, or pgbackrest:STANZA',
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
  {
    key: 'pgbackrestConfig',
    flag: '--pgbackrest-config <path>',
    variable: 'REHEARSAL_PGBACKREST_CONFIG',
    description: 'pgBackRest’s configuration file, for a backup that is named pgbackrest:STANZA',
    defaultText: 'pgBackRest’s own',
    example: '/etc/pgbackrest.conf',
  },
  {
    key: 'pgbackrestDirectory',
    flag: '--pgbackrest-directory <path>',
    variable: 'REHEARSAL_PGBACKREST_DIRECTORY',
    description:
      'keep there what pgBackRest restores, unmasked, so that the next time only what changed is fetched (--delta)',
    defaultText: 'the scratch directory, which is removed',
    example: '/var/lib/rehearsal/pgbackrest',
  },
  {
    key: 'targetTime',
    flag: '--target-time <time>',
    variable: 'REHEARSAL_TARGET_TIME',
    description:
      'rehearse on what production was then, with its zone; for a backup that is named pgbackrest:STANZA',
    defaultText: 'the end of the WAL',
    example: '2026-01-31T02:00:00Z',
  },
] as const satisfies readonly Setting[]
