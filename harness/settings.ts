import type { QuestionName } from './rehearsal.ts'

/** One thing a user can set: its flag, its environment variable and its place in the config file. */
export interface Setting {
  readonly key: string
  /** As commander takes it; undefined where a flag would put a secret on the command line. */
  readonly flag?: string
  readonly variable: string
  readonly description: string
  /** Shown in the help; the value itself is filled in by config.ts. */
  readonly defaultText?: string
  /** Read from a variable as a comma-separated list; the flag may be repeated. */
  readonly list?: true
  /** Shown in `.env.example`. */
  readonly example: string
}

const questionTexts: Record<QuestionName, string> = {
  locks: 'what each statement locks, rewrites and reads',
  probes: 'how long clients of the tables would wait; asks `locks` too',
  crashes: 'what is left when the migrator dies half-way',
}

/** Every setting of `rehearse run`; flags, variables, help and docs follow from this table. */
export const settings = [
  {
    key: 'backup',
    flag: '--backup <path>',
    variable: 'REHEARSAL_BACKUP',
    description:
      'the production backup: what pg_dump or pg_basebackup wrote, in any format, also compressed or packed; of a directory of backups the newest',
    example: 'backups/production.dump',
  },
  {
    key: 'database',
    flag: '--database <name>',
    variable: 'REHEARSAL_DATABASE',
    description: 'which database of a backup that holds several, as those of pg_dumpall and pg_basebackup do',
    defaultText: 'the only one that is not empty',
    example: 'comicscout',
  },
  {
    key: 'maxAge',
    flag: '--max-age <time>',
    variable: 'REHEARSAL_MAX_AGE',
    description: 'fail when the backup is older than this',
    defaultText: 'any age',
    example: '26h',
  },
  {
    key: 'engine',
    flag: '--engine <name>',
    variable: 'REHEARSAL_ENGINE',
    description: 'where the throwaway Postgres runs: auto, docker, embedded or external',
    defaultText: 'auto',
    example: 'auto',
  },
  {
    key: 'postgres',
    flag: '--postgres <major>',
    variable: 'REHEARSAL_POSTGRES',
    description: 'Postgres major version to rehearse on',
    defaultText: "the backup's",
    example: '17',
  },
  {
    key: 'image',
    flag: '--image <name>',
    variable: 'REHEARSAL_IMAGE',
    description: 'Docker image that honours the contract of the official postgres image',
    defaultText: 'postgres:<major>',
    example: 'postgis/postgis:17-3.5',
  },
  {
    key: 'serverUrl',
    variable: 'REHEARSAL_SERVER_URL',
    description: 'server that the external engine makes its databases on; never production',
    example: 'postgresql://rehearsal:secret@rehearsal-db.internal:5432/postgres',
  },
  {
    key: 'postgresqlConf',
    flag: '--postgresql-conf <path>',
    variable: 'REHEARSAL_POSTGRESQL_CONF',
    description: "production's postgresql.conf or an excerpt, for the server that everything is measured on",
    defaultText: 'the one in a base backup',
    example: 'production/postgresql.conf',
  },
  {
    key: 'snapshots',
    flag: '--snapshots <mode>',
    variable: 'REHEARSAL_SNAPSHOTS',
    description: 'keep what a backup was restored to for the next rehearsal of it: auto or off',
    defaultText: 'auto',
    example: 'off',
  },
  {
    key: 'snapshotsMaxSize',
    flag: '--snapshots-max-size <size>',
    variable: 'REHEARSAL_SNAPSHOTS_MAX_SIZE',
    description: 'remove the least recently used snapshots when all of them take more',
    defaultText: '50GB',
    example: '50GB',
  },
  {
    key: 'parallel',
    flag: '--parallel <number>',
    variable: 'REHEARSAL_PARALLEL',
    description: 'how many clones are at work at once, each with a question of its own',
    defaultText: 'what cores and memory allow, at most 4',
    example: '2',
  },
  {
    key: 'migrations',
    flag: '--migrations <path>',
    variable: 'REHEARSAL_MIGRATIONS',
    description: 'folder of Kysely migrations, or a module (path#export) that hands them over',
    defaultText: 'migrations',
    example: 'migrations',
  },
  {
    key: 'migrateCommand',
    flag: '--migrate-command <command>',
    variable: 'REHEARSAL_MIGRATE_COMMAND',
    description: "run another migrator than Kysely's on DATABASE_URL, instead of `--migrations`",
    example: 'npx prisma migrate deploy',
  },
  {
    key: 'rollbackCommand',
    flag: '--rollback-command <command>',
    variable: 'REHEARSAL_ROLLBACK_COMMAND',
    description: 'take down what the migrate command applied, on DATABASE_URL',
    example: 'psql -v ON_ERROR_STOP=1 -f prisma/down.sql',
  },
  {
    key: 'specs',
    flag: '--specs <glob>',
    variable: 'REHEARSAL_SPECS',
    description: 'smoke specs for mocha; may be repeated',
    defaultText: 'specs/**/*.{spec,test}.{ts,mts,cts,js,mjs,cjs}',
    list: true,
    example: 'specs/**/*.spec.ts',
  },
  {
    key: 'ask',
    flag: '--ask <question>',
    variable: 'REHEARSAL_ASK',
    description: `what else to find out, each on a copy of its own: ${questionList()}, or all, or none; may be repeated`,
    defaultText: 'locks',
    list: true,
    example: 'all',
  },
  {
    key: 'hold',
    flag: '--hold <time>',
    variable: 'REHEARSAL_HOLD',
    description:
      'with the question probes: keep a reader of the locked tables open for so long when migrations start, to show the queue behind it',
    defaultText: 'no reader',
    example: '5s',
  },
  {
    key: 'reports',
    flag: '--report <name=path>',
    variable: 'REHEARSAL_REPORTS',
    description: 'write a report, such as html=PATH or json=PATH; may be repeated, - is standard output',
    list: true,
    example: 'json=rehearsal-report/rehearsal.json,markdown=rehearsal-report/rehearsal.md',
  },
  {
    key: 'certificate',
    flag: '--certificate <path>',
    variable: 'REHEARSAL_CERTIFICATE',
    description:
      'when the rehearsal passes, write a certificate signed with the key in REHEARSAL_SIGNING_KEY, for `rehearse gate`',
    example: 'rehearsal-report/certificate.json',
  },
  {
    key: 'history',
    flag: '--history <path>',
    variable: 'REHEARSAL_HISTORY',
    description:
      'directory in which each rehearsal is recorded, or off; HISTORY_DATABASE_URL records in a database instead',
    defaultText: '.rehearsal/history',
    example: '.rehearsal/history',
  },
  {
    key: 'stallTimeout',
    flag: '--stall-timeout <time>',
    variable: 'REHEARSAL_STALL_TIMEOUT',
    description: 'end a migration that makes no progress for so long',
    defaultText: '30s',
    example: '30s',
  },
  {
    key: 'specTimeout',
    flag: '--spec-timeout <time>',
    variable: 'REHEARSAL_SPEC_TIMEOUT',
    description: 'end a pass of the smoke specs that takes longer',
    defaultText: '10m',
    example: '10m',
  },
  {
    key: 'appCommand',
    flag: '--app-command <command>',
    variable: 'REHEARSAL_APP_COMMAND',
    description: 'start the app for the specs, with DATABASE_URL and PORT set',
    example: 'node dist/server.js',
  },
  {
    key: 'appReadyUrl',
    flag: '--app-ready-url <url>',
    variable: 'REHEARSAL_APP_READY_URL',
    description: 'URL that answers once the app is ready; {port} is filled in',
    defaultText: 'http://127.0.0.1:{port}/',
    example: 'http://127.0.0.1:{port}/healthz',
  },
  {
    key: 'keep',
    flag: '--keep',
    variable: 'REHEARSAL_KEEP',
    description: 'leave the rehearsed database up and say how to connect to it',
    example: '1',
  },
] as const satisfies readonly Setting[]

function questionList(): string {
  return Object.entries(questionTexts)
    .map(([name, text]) => `\`${name}\` (${text})`)
    .join(', ')
}

export type SettingKey = (typeof settings)[number]['key']

/** What flags or variables gave, unvalidated; lists are arrays, everything else is text. */
export type RawSettings = Partial<Record<SettingKey, string | readonly string[]>>
