import { expect } from 'chai'
import { isControl, runsAlone } from './runs-alone.ts'

describe('SQL that runs as it is sent', () => {
  const alone = [
    'begin',
    'START TRANSACTION isolation level serializable',
    'create index concurrently on t (a)',
    'create unique index concurrently if not exists i on t (a)',
    'DROP INDEX CONCURRENTLY i',
    'reindex (verbose) table concurrently t',
    '/* why */ -- because\n vacuum full t',
    'alter table t detach partition p concurrently',
    'insert into t values (1); commit; begin',
    'do $$ begin update t set a = 1; commit; end $$',
    'call batches()',
    'set lock_timeout = 1',
  ]
  const together = [
    'alter table t add column a int',
    'refresh materialized view concurrently m',
    'create index on t (a)',
    'do $$ begin update t set a = 1; end $$',
    `insert into t values ('; commit;')`,
    'create function f() returns int language sql as $body$ select 1; begin; $body$',
    'select 1; select 2',
    'alter table vacuum add column a int',
    '',
  ]

  for (const sql of alone) it(`is ${JSON.stringify(sql)}`, () => expect(runsAlone(sql)).to.equal(true))
  for (const sql of together)
    it(`is not ${JSON.stringify(sql)}`, () => expect(runsAlone(sql)).to.equal(false))

  it('only controls when every part of it does', () => {
    expect(isControl('begin; set local lock_timeout = 1')).to.equal(true)
    expect(isControl('begin; drop table t')).to.equal(false)
  })
})
