import { expect } from 'chai'
import { harmlessStatement } from './harmless.ts'

describe('statements that would reach another server', () => {
  const cases: readonly (readonly [sql: string, harmless: string | null | undefined])[] = [
    [
      `CREATE SERVER "host 'x'" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (\n    host 'db.internal',\n    hostaddr '10.0.0.1', dbname 'it''s'\n);`,
      `CREATE SERVER "host 'x'" FOREIGN DATA WRAPPER postgres_fdw OPTIONS (\n    host '/defused',\n    hostaddr '', dbname 'it''s'\n);`,
    ],
    [
      `ALTER SERVER s OPTIONS (SET host 'x', ADD port '1');`,
      `ALTER SERVER s OPTIONS (SET host '/defused', ADD port '1');`,
    ],
    ['ALTER SERVER s OWNER TO a;', 'ALTER SERVER s OWNER TO a;'],
    [
      `CREATE SUBSCRIPTION a CONNECTION 'host=x' PUBLICATION b;`,
      `CREATE SUBSCRIPTION a CONNECTION 'host=x' PUBLICATION b WITH (connect = false);`,
    ],
    [
      `CREATE SUBSCRIPTION a CONNECTION 'x' PUBLICATION b WITH (copy_data = true, slot_name = 'c', enabled=true);`,
      `CREATE SUBSCRIPTION a CONNECTION 'x' PUBLICATION b WITH (connect = false, slot_name = 'c');`,
    ],
    ['ALTER SUBSCRIPTION a ENABLE;', null],
    ['ALTER SUBSCRIPTION a REFRESH PUBLICATION WITH (copy_data = true);', null],
    ['ALTER SUBSCRIPTION a OWNER TO b;', undefined],
    ['CREATE TABLE server ();', undefined],
  ]
  for (const [sql, harmless] of cases) {
    it(`become harmless: ${sql.split('\n')[0]}`, () => expect(harmlessStatement(sql)).to.equal(harmless))
  }
})
