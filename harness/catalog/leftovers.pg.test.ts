import { expect } from 'chai'
import { checks } from '../checks/index.ts'
import { withClient } from '../postgres/client.ts'
import type { Connection } from '../postgres/connection.ts'
import { suiteDatabase } from '../testing/server.ts'
import { readLeftovers } from './leftovers.ts'

describe('leftovers', () => {
  let database: Connection
  suiteDatabase('leftovers', (connection) => void (database = connection))

  it('are invalid indexes and constraints not validated, and those there before are no findings', async () => {
    await withClient(database, async (client) => {
      await client.query('create table twice (a int); insert into twice values (1), (1)')
      await client.query('alter table twice add constraint old check (a > 0) not valid')
      const before = await readLeftovers(client)
      const failed = await client
        .query('create unique index concurrently "Once" on twice (a)')
        .catch((error: Error) => error.message)
      expect(failed).to.contain('could not create unique index')
      await client.query('alter table twice add constraint small check (a < 9) not valid')
      const after = await readLeftovers(client)
      const findings = [checks['invalid-index-left'], checks['unvalidated-constraint-left']].flatMap(
        (check) => check.judge({ before, after }),
      )
      expect(findings.map(({ severity, subject }) => `${severity} ${subject}`)).to.deep.equal([
        'error public."Once"',
        'warning public.twice.small',
      ])
    })
  })
})
