import { expect } from 'chai'
import { HarnessError } from '../errors.ts'
import { pgRestoreMessages } from './pg-restore-messages.ts'
import { excerpt, restoreError } from './restore-error.ts'

describe('messages of pg_restore', () => {
  it('are harmless or name the object that is lost', () => {
    const stderr = `pg_restore: while INITIALIZING:
pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"
Command was: SET transaction_timeout = 0;
pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 5; 2615 2200 SCHEMA public pg_database_owner
pg_restore: error: could not execute query: ERROR:  schema "public" already exists
Command was: CREATE SCHEMA public;


pg_restore: from TOC entry 3421; 3256 16403 POLICY titles tenants (no owner)
pg_restore: error: could not execute query: ERROR:  role "tenant" does not exist
Command was: CREATE POLICY tenants ON public.titles
    TO tenant USING (true);


pg_restore: from TOC entry 3417; 0 16388 TABLE DATA titles owner
pg_restore: error: COPY failed for table "titles": ERROR:  invalid input syntax for type integer: "x"
CONTEXT:  COPY titles, line 1, column id: "x"
pg_restore: warning: restoring tables WITH OIDS is not supported anymore
pg_restore: warning: errors ignored on restore: 4
`
    expect(pgRestoreMessages({ exitCode: 1, stdout: '', stderr })).to.deep.equal([
      {
        kind: 'benign',
        text: 'SET transaction_timeout = 0: unrecognized configuration parameter "transaction_timeout"',
      },
      { kind: 'benign', text: 'SCHEMA public: schema "public" already exists' },
      { kind: 'degraded', text: 'POLICY titles tenants: role "tenant" does not exist' },
      {
        kind: 'degraded',
        text: 'TABLE DATA titles: COPY failed for table "titles": ERROR:  invalid input syntax for type integer: "x" CONTEXT:  COPY titles, line 1, column id: "x"',
      },
      { kind: 'benign', text: 'restoring tables WITH OIDS is not supported anymore' },
    ])
  })

  it('are understood as versions before 12 wrote them', () => {
    const stderr = `pg_restore: [archiver (db)] Error while PROCESSING TOC:
pg_restore: [archiver (db)] Error from TOC entry 3; 2615 2200 SCHEMA audit postgres
pg_restore: [archiver (db)] could not execute query: ERROR:  schema "audit" already exists
    Command was: CREATE SCHEMA audit;


WARNING: errors ignored on restore: 1
`
    expect(pgRestoreMessages({ exitCode: 1, stdout: '', stderr })).to.deep.equal([
      { kind: 'degraded', text: 'SCHEMA audit: schema "audit" already exists' },
    ])
  })

  it('name the statement where the entry is not named', () => {
    const stderr = `pg_restore: error: could not execute query: ERROR:  role "x" does not exist
Command was: CREATE USER MAPPING FOR x SERVER s OPTIONS (
    password 'hunter2'
);


pg_restore: error: could not execute query: ERROR:  role "x" does not exist
Command was: GRANT SELECT ON TABLE public.u TO x;


pg_restore: warning: errors ignored on restore: 2
`
    expect(pgRestoreMessages({ exitCode: 1, stdout: '', stderr })).to.deep.equal([
      { kind: 'degraded', text: 'CREATE USER MAPPING …: role "x" does not exist' },
      { kind: 'degraded', text: 'GRANT SELECT ON TABLE public.u TO x: role "x" does not exist' },
    ])
  })

  it('count errors that are not shown any more', () => {
    const stderr = `pg_restore: error: could not execute query: ERROR:  x\npg_restore: warning: errors ignored on restore: 3\n`
    expect(pgRestoreMessages({ exitCode: 1, stdout: '', stderr }).at(-1)).to.deep.equal({
      kind: 'degraded',
      text: '2 further errors of pg_restore are not listed',
    })
  })

  const fatal: readonly (readonly [code: string, exitCode: number, stderr: string])[] = [
    ['restore-failed', 1, ''],
    ['restore-failed', 137, 'pg_restore: error: could not execute query: ERROR:  x\n'],
    [
      'disk-full',
      1,
      'pg_restore: error: COPY failed for table "t": ERROR:  could not extend file "base/5/1": No space left on device\n',
    ],
    [
      'server-gone',
      1,
      'pg_restore: error: could not execute query: server closed the connection unexpectedly\n',
    ],
    [
      'server-gone',
      1,
      'pg_restore: error: connection to server at "127.0.0.1", port 1 failed: Connection refused\n',
    ],
    ['old-pg-restore', 1, 'pg_restore: error: unsupported version (1.16) in file header\n'],
    [
      'old-pg-restore',
      0,
      'pg_restore: warning: archive is compressed, but this installation does not support compression (x) -- no data will be available\n',
    ],
    ['backup-corrupt', 1, 'pg_restore: error: could not read from input file: end of file\n'],
  ]
  for (const [code, exitCode, stderr] of fatal) {
    it(`are ${code}: ${stderr.slice(0, 100).trim()} (exit code ${exitCode})`, () => {
      expect(() => pgRestoreMessages({ exitCode, stdout: '', stderr }))
        .to.throw(HarnessError)
        .with.property('code', code)
    })
  }
})

describe('errors of a restore', () => {
  it('name an extension that the server lacks', () => {
    const error = restoreError(
      'extension "postgis" is not available DETAIL: Could not open extension control file',
      'CREATE EXTENSION postgis;',
    )
    expect(error.message).to.include('CREATE EXTENSION postgis')
    expect(error.hint).to.include('postgis')
  })

  it('do not show statements that may hold secrets', () => {
    expect(excerpt(`CREATE SUBSCRIPTION s CONNECTION 'host=x password=hunter2' PUBLICATION p;`)).to.equal(
      'CREATE SUBSCRIPTION s …',
    )
    expect(excerpt(`ALTER ROLE a PASSWORD 'hunter2';`)).not.to.include('hunter2')
    expect(excerpt('CREATE TABLE t (\n  a text\n);')).to.equal('CREATE TABLE t ( a text );')
  })
})
