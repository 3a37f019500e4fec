import { Client, type QueryResultRow } from 'pg'

/** True while the pending migrations are applied; false once they have been rolled back. */
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

function phase(): 'migrated' | 'rolled-back' {
  const name = process.env['REHEARSAL_PHASE']
  if (name === 'migrated' || name === 'rolled-back') return name
  throw new Error('REHEARSAL_PHASE must be migrated or rolled-back')
}
