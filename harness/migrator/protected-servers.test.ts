import { expect } from 'chai'
import { serversOf } from './protected-servers.ts'

const cases: Record<string, string[]> = {
  'postgres://app:secret@prod.example.com/shop': ['prod.example.com:5432'],
  'postgresql://app@PROD.example.com.:6543/shop?sslmode=require': ['prod.example.com:6543'],
  'postgres://u:p%40ss@a.example.com:1,b.example.com:2/x': ['a.example.com:1', 'b.example.com:2'],
  'postgres://u@[2001:db8::1]:5433/x': ['2001:db8::1:5433'],
  'postgres:///x?host=a.example.com,b.example.com&port=1,2': ['a.example.com:1', 'b.example.com:2'],
  'postgres:///x?host=/var/run/postgresql': [],
  'postgresql+asyncpg://u@prod.example.com/x': ['prod.example.com:5432'],
  'jdbc:postgresql://prod.example.com:5434/x?user=u': ['prod.example.com:5434'],
  'host=prod.example.com dbname=shop port=5435': ['prod.example.com:5435'],
  "host='prod.example.com' user=me": ['prod.example.com:5432'],
  'https://example.com': [],
  '': [],
}

describe('protected servers', () => {
  for (const [text, servers] of Object.entries(cases)) {
    it(`are found in "${text}"`, () => {
      expect(serversOf(text).map(({ host, port }) => `${host}:${port}`)).to.deep.equal(servers)
    })
  }
})
