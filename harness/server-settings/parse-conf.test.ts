import { expect } from 'chai'
import { parseConf } from './parse-conf.ts'

describe('postgresql.conf', () => {
  it('is read as Postgres reads it', () => {
    const text = [
      '# a comment',
      'work_mem = 4MB   # the first',
      "  Search_Path='\"$user\", public' # it''s",
      'fsync off',
      "application_name = 'it''s \\'quoted\\''",
      "include_dir 'conf.d'",
      'auto_explain.log_min_duration=-1\r',
      'WORK_MEM=64MB',
      'nonsense',
      "unended = 'text",
    ].join('\n')
    const { settings, unread } = parseConf(text)
    expect(settings.map(({ name, value }) => `${name}: ${value}`)).to.deep.equal([
      'search_path: "$user", public',
      'fsync: off',
      "application_name: it's 'quoted'",
      'include_dir: conf.d',
      'auto_explain.log_min_duration: -1',
      'work_mem: 64MB',
    ])
    expect(unread).to.deep.equal(['nonsense', "unended = 'text"])
  })
})
