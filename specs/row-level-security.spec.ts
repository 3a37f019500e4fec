import { expect } from 'chai'
import { useDatabase } from './support/database.ts'

describe('row-level security', () => {
  const { row, rows } = useDatabase()
  let email: string

  beforeEach(async () => {
    await rows('reset role')
    email = (await row<{ email: string }>('select email from alerts order by id limit 1')).email
    await rows('set role comicscout_app')
    await rows(`select set_config('comicscout.email', $1, false)`, [email])
  })

  it('shows a subscriber only their own rows', async () => {
    const alerts = await rows<{ email: string }>('select distinct email from alerts')
    const lists = await rows<{ email: string }>('select email from watch_lists')
    expect(alerts).to.deep.equal([{ email }])
    expect(lists).to.deep.equal([{ email }])
  })

  it('shows only the items of their own list', async () => {
    const lists = await rows('select distinct watch_list_id from watch_list_items')
    expect(lists).to.have.length(1)
  })

  it('shows nothing to nobody', async () => {
    await rows(`select set_config('comicscout.email', '', false)`)
    const counted = await row(
      `select (select count(*) from alerts) + (select count(*) from watch_lists) as rows`,
    )
    expect(counted).to.deep.equal({ rows: '0' })
  })

  it('refuses rows in the name of another', async () => {
    const refusal = await refusalOf(`insert into watch_lists (email) values ('somebody.else@example.org')`)
    expect(refusal).to.equal('42501')
  })

  it('refuses to change listings', async () => {
    expect(await refusalOf('update listings set price_pence = 1')).to.equal('42501')
  })

  async function refusalOf(sql: string): Promise<unknown> {
    try {
      await rows(sql)
      return 'none'
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error
    }
  }
})
