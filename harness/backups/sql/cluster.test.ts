import { expect } from 'chai'
import { aboutDatabase, connectTarget, isClusterStatement } from './cluster.ts'
import { roleStatement } from './role-statement.ts'
import { SqlSplitter } from './splitter.ts'

describe('statements about a server', () => {
  const cases: readonly (readonly [sql: string, is: boolean])[] = [
    ['CREATE ROLE a;', true],
    ['ALTER ROLE a WITH LOGIN;', true],
    ['ALTER ROLE a IN DATABASE b SET x TO 1;', true],
    ['CREATE USER a;', true],
    ['CREATE USER MAPPING FOR a SERVER s;', false],
    ['CREATE DATABASE a;', true],
    ['DROP DATABASE IF EXISTS a;', true],
    ['CREATE TABLESPACE fast LOCATION x;', true],
    ['GRANT a TO b;', true],
    ['GRANT a TO "b ON c";', true],
    ['GRANT CONNECT ON DATABASE a TO b;', true],
    ['GRANT SELECT ON a TO b;', false],
    ['REVOKE ALL ON SCHEMA public FROM a;', false],
    ['COMMENT ON DATABASE a IS $$b$$;', true],
    ['COMMENT ON TABLE a IS $$on database$$;', false],
    ['ALTER TABLE a ADD b int;', false],
    ['CREATE TABLE "role" ();', false],
  ]
  for (const [sql, is] of cases) {
    it(`${is ? 'are' : 'are not'}: ${sql}`, () => expect(isClusterStatement(sql)).to.equal(is))
  }
})

describe('the database that \\connect names', () => {
  const cases: readonly (readonly [line: string, database: string | null])[] = [
    ['\\connect shop', 'shop'],
    ['\\c shop', 'shop'],
    ['\\c "Odd ""Shop"""', 'Odd "Shop"'],
    [`\\connect -reuse-previous=on "dbname='odd shop'"`, 'odd shop'],
    [`\\connect -reuse-previous=on "dbname='it\\'s'"`, `it's`],
    ['\\c shop admin db.internal 5432', 'shop'],
    ['\\c - other', null],
    ['\\connect', null],
    ['\\conninfo', null],
  ]
  for (const [line, database] of cases) {
    it(`is ${String(database)} in ${line}`, () => {
      const [event] = new SqlSplitter().push(Buffer.from(`${line}\n`))
      expect(event && connectTarget(event)).to.equal(database)
    })
  }
})

describe('roles of a cluster', () => {
  const cases: readonly (readonly [statement: string, sql: string | null | undefined])[] = [
    ['CREATE ROLE a;', null],
    [
      `ALTER ROLE "A b" WITH NOSUPERUSER INHERIT LOGIN BYPASSRLS CONNECTION LIMIT 3 PASSWORD 'superuser' VALID UNTIL '2030-01-01';`,
      'alter role "A b" with nosuperuser inherit bypassrls',
    ],
    ['CREATE USER a SUPERUSER PASSWORD $$x$$;', 'alter role "a" with superuser'],
    ['ALTER ROLE a SET x TO 1;', undefined],
    ['ALTER ROLE a IN DATABASE b SET x TO 1;', undefined],
    ['GRANT a TO b WITH ADMIN OPTION GRANTED BY postgres;', 'grant "a" to "b" with admin option'],
    ['GRANT a TO b;', 'grant "a" to "b"'],
    ['GRANT SELECT ON t TO b;', undefined],
    ['CREATE DATABASE a;', undefined],
  ]
  for (const [statement, sql] of cases) {
    it(`take from ${statement}: ${String(sql)}`, () => expect(roleStatement(statement)?.sql).to.equal(sql))
  }
})

describe('what is set on a database', () => {
  it('is taken apart at its name', () => {
    expect(aboutDatabase('ALTER DATABASE "My Shop" SET "TimeZone" TO \'x\';')).to.deep.equal({
      before: 'ALTER DATABASE ',
      database: 'My Shop',
      after: ` SET "TimeZone" TO 'x';`,
    })
    expect(aboutDatabase('ALTER ROLE "a b" IN DATABASE Shop SET x TO 1;')).to.include({ database: 'shop' })
    expect(aboutDatabase('GRANT CONNECT ON DATABASE shop TO a;')).to.include({ database: 'shop' })
    expect(aboutDatabase('ALTER DATABASE shop OWNER TO a;')).to.equal(undefined)
  })
})
