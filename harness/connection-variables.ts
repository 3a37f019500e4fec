/** Variables with the team's connection strings. Servers named by protected ones are never written to. */
export const connectionVariables = [
  {
    variable: 'DEVELOPMENT_DATABASE_URL',
    protected: false,
    description: "a developer's own database",
    example: 'postgresql://comicscout:comicscout@localhost:5432/comicscout_dev',
  },
  {
    variable: 'STAGING_DATABASE_URL',
    protected: true,
    description: 'staging; rehearsals never connect to it and keep children away from it',
    example: 'postgresql://comicscout:change-me@staging-db.internal:5432/comicscout',
  },
  {
    variable: 'PRODUCTION_DATABASE_URL',
    protected: true,
    description:
      'production; never written to, and read only by `rehearse backup`, `sample-traffic` and a --source that names it; children are kept away from it',
    example: 'postgresql://comicscout:change-me@production-db.internal:5432/comicscout',
  },
  {
    variable: 'HISTORY_DATABASE_URL',
    protected: false,
    description:
      'where rehearsals are recorded, where not in a directory; a database of its own, never production',
    example: 'postgresql://rehearsal:change-me@rehearsal-db.internal:5432/rehearsals',
  },
  {
    variable: 'REHEARSAL_QUEUE_URL',
    protected: false,
    description:
      'the queue that `rehearse fleet worker` takes rehearsals from; a database of its own, never production',
    example: 'postgresql://rehearsal:change-me@rehearsal-db.internal:5432/rehearsal_queue',
  },
] as const
