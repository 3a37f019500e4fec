import { Client, type QueryResultRow } from 'pg'

/** True for the new release on the migrated database; false once that is rolled back, and for the old release. */
export const isMigrated = phase() === 'migrated'

/** Gives the surrounding `describe` a session of its own, open while its tests run. */
export function useDatabase(): { rows: typeof rows; row: typeof row } {
  let client: Client | undefined

  before(async () => {
    client = new Client({ connectionString: process.env['DATABASE_URL'] })
    await client.connect()
  })

  after(() => client?.end())

  async function rows<Row extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    if (client === undefined) throw new Error('the database is open only while tests run')
    return (await client.query<Row>(sql, values)).rows
  }

  /** The first row; throws when there is none. */
  async function row<Row extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row> {
    const [first] = await rows<Row>(sql, values)
    if (first === undefined) throw new Error(`no row: ${sql}`)
    return first
  }

  return { rows, row }
}

/** The old release knows nothing of what is pending, also where the database has it. */
function phase(): 'migrated' | 'rolled-back' | 'old-release' {
  const name = process.env['REHEARSAL_PHASE']
  if (name === 'migrated' || name === 'rolled-back' || name === 'old-release') return name
  throw new Error('REHEARSAL_PHASE must be migrated, rolled-back or old-release')
}
