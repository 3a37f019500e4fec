import { expect } from 'chai'
import { whyNot } from './why-not.ts'

const machine = {
  memoryBytes: 8 * 2 ** 30,
  units: new Map([
    ['shared_buffers', '8kB'],
    ['work_mem', 'kB'],
    ['fsync', null],
    ['wal_level', null],
    ['huge_pages', null],
    ['archive_command', null],
    ['ssl_key_file', null],
    ['lock_timeout', 'ms'],
  ]),
}

const cases = [
  ['shared_buffers', '2GB', undefined],
  ['shared_buffers', '262144', undefined],
  ['shared_buffers', '64GB', /8.0 GB of memory/],
  ['shared_buffers', '8388608', /8.0 GB of memory/],
  ['work_mem', '65536', undefined],
  ['work_mem', '4GB', /8.0 GB of memory/],
  ['fsync', 'off', undefined],
  ['lock_timeout', '5s', undefined],
  ['pg_stat_statements.max', '5000', undefined],
  ['cron.database_name', 'shop', /background jobs/],
  ['archive_command', 'cp %p /there', /archiving/],
  ['primary_conninfo', 'host=production', /replication/],
  ['ssl_key_file', '/etc/key', /who connects/],
  ['wal_level', 'minimal', /max_wal_senders/],
  ['huge_pages', 'on', /huge pages/],
  ['include_dir', 'conf.d', /other files/],
  ['unheard_of', '1', /does not know/],
] as const

describe('production’s settings on a throwaway server', () => {
  for (const [name, value, why] of cases) {
    it(`${why === undefined ? 'take' : 'leave out'} ${name} = ${value}`, () => {
      const reason = whyNot({ name, value }, [{ name, value }], machine)
      if (why === undefined) expect(reason).to.equal(undefined)
      else expect(reason).to.match(why)
    })
  }
})
