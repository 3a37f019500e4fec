import { expect } from 'chai'
import { setStatement } from './database-settings.ts'

describe('the statement that repeats a database setting', () => {
  const cases = [
    [null, 'work_mem', '64MB', `alter database "a b" set "work_mem" to '64MB'`],
    [null, 'app.tenant', `it's`, `alter database "a b" set "app.tenant" to 'it''s'`],
    [null, 'DateStyle', 'ISO, DMY', `alter database "a b" set "DateStyle" to 'ISO, DMY'`],
    [null, 'search_path', '"$user", public', `alter database "a b" set "search_path" to '$user', 'public'`],
    [null, 'search_path', '"My ""Own"", s"', `alter database "a b" set "search_path" to 'My "Own", s'`],
    [null, 'search_path', '""', `alter database "a b" set "search_path" to ''`],
    ['app', 'role', 'x', `alter role "app" in database "a b" set "role" to 'x'`],
  ] as const
  for (const [role, name, value, statement] of cases) {
    it(`of ${name} ${value} is ${statement}`, () => {
      expect(setStatement('a b', { role, name, value })).to.equal(statement)
    })
  }
})
