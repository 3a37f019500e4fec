import { expect } from 'chai'
import { commandWindows, isWork } from './command-windows.ts'
import { records } from './records/index.ts'

/** A statement a millisecond, from 1,000. */
function statements(...texts: readonly string[]) {
  return texts.map((text, index) => ({
    text,
    startedAt: 1000 + index,
    durationMs: 0.5,
    tag: /^\w+/.exec(text)?.[0].toUpperCase() ?? null,
  }))
}

const run = {
  startedAt: 999,
  label: 'knex migrate:latest',
  record: records.knex,
  names: ['a', 'b'],
}

describe('when each migration of a command ran', () => {
  it('is between the rows that are written after them', () => {
    const seen = statements(
      'select * from knex_migrations',
      'begin',
      'alter table one add x int',
      'insert into "knex_migrations" ("name") values ($1)',
      'commit',
      'alter table two add x int',
      'insert into "knex_migrations" ("name") values ($1)',
      'update knex_migrations_lock set is_locked = 0',
    )
    expect(commandWindows(run, seen)).to.deep.equal([
      { migration: 'a', startedAt: 1000.5, endedAt: 1003 - 0.0005 },
      { migration: 'b', startedAt: 1003.5, endedAt: 1006 - 0.0005 },
    ])
  })

  it('is behind the rows that are written before them', () => {
    const seen = statements(
      'INSERT INTO "_prisma_migrations" (id) VALUES ($1)',
      'alter table one add x int',
      'UPDATE "_prisma_migrations" SET finished_at = now()',
      'INSERT INTO "public"."_prisma_migrations" (id) VALUES ($1)',
      'alter table two add x int',
    )
    expect(commandWindows({ ...run, record: records.prisma }, seen)).to.deep.equal([
      { migration: 'a', startedAt: 1000.5, endedAt: 1003 - 0.0005 },
      { migration: 'b', startedAt: 1003.5, endedAt: 1004.5 },
    ])
  })

  it('is the whole run where rows and names do not match, or no record is known', () => {
    const seen = statements('insert into knex_migrations values ($1, $2), ($3, $4)')
    const whole = [{ migration: 'knex migrate:latest', startedAt: 1000, endedAt: 1000.5 }]
    expect(commandWindows(run, seen)).to.deep.equal(whole)
    expect(
      commandWindows({ ...run, record: undefined }, statements('alter table one add x int')),
    ).to.deep.equal(whole)
    expect(commandWindows({ ...run, names: ['a'] }, seen)[0]?.migration).to.equal('a')
  })

  it('counts only what changes something as work', () => {
    const worked = statements(
      'select 1',
      'set search_path = public',
      'insert into knex_migrations values (1)',
      'insert into my_knex_migrations values (1)',
      'create table one (x int)',
    ).map((statement) => isWork(records.knex, statement))
    expect(worked).to.deep.equal([false, false, false, true, true])
  })
})
