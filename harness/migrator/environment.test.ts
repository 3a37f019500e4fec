import { expect } from 'chai'
import { childEnvironment } from './environment.ts'
import { encodePlaces } from './places.ts'
import type { Variables } from './environment.ts'

const connection = { host: '127.0.0.1', port: 50001, user: 'me', password: 'p@ss', database: 'copy' }
const copyUrl = 'postgresql://me:p%40ss@127.0.0.1:50001/copy'
const prod = 'postgres://app:secret@db.prod.example.com:5432/shop'

function environmentOf(
  base: Variables,
  dotenvFiles: Variables[] = [],
  urls = [prod, 'postgres://x@localhost:5433/y'],
) {
  const protectedUrls = Object.fromEntries(urls.map((url, index) => [`URL_${index}`, url]))
  return childEnvironment({ connection, protectedUrls, base, dotenvFiles })
}

describe("children's environment", () => {
  it('names the copy', () => {
    expect(environmentOf({})).to.deep.equal({
      DATABASE_URL: copyUrl,
      PGHOST: '127.0.0.1',
      PGPORT: '50001',
      PGUSER: 'me',
      PGPASSWORD: 'p@ss',
      PGDATABASE: 'copy',
      PGSSLMODE: 'disable',
      PG_REHEARSAL_BLOCKED: encodePlaces(['db.prod.example.com:5432', 'localhost:5433']),
      PG_REHEARSAL_ALLOWED: encodePlaces(['127.0.0.1:50001']),
    })
  })

  const kept: Variables = {
    PATH: '/usr/bin:/bin',
    NODE_ENV: 'production',
    REDIS_URL: 'redis://cache.example.com:6379',
    EMPTY: '',
    NOTE: 'localhost is fine here',
    OTHER: 'mydb.prod.example.com-2 and db.prod.example.community',
    PORT: '5432',
    DB_PORT: '5432',
  }
  it('passes on what names no database', () => {
    expect(environmentOf(kept)).to.include(kept)
  })

  const replaced: [string, string, string][] = [
    ['DATABASE_URL', prod, copyUrl],
    ['ANALYTICS_DB', 'postgres://other.example.com/x', copyUrl],
    ['READ_REPLICA', ' PostgreSQL://db.prod.example.com/x', copyUrl],
    ['PGHOST', 'db.prod.example.com', '127.0.0.1'],
    ['ANYTHING', 'DB.prod.example.com', '127.0.0.1'],
    ['DB_HOST', 'localhost', '127.0.0.1'],
    ['DSN', 'host=db.prod.example.com dbname=shop', ''],
    ['JDBC', 'jdbc:postgresql://db.prod.example.com/shop', ''],
    ['CONFIG', '{"host":"db.prod.example.com","port":5432}', ''],
    ['LOCAL', 'tcp://localhost:5433', ''],
  ]
  for (const [name, value, expected] of replaced) {
    it(`sets ${name}=${value} to "${expected}"`, () => {
      expect(environmentOf({ [name]: value })).to.have.property(name, expected)
    })
    it(`does so where ${name} comes from a .env file`, () => {
      expect(environmentOf({}, [{ [name]: value }])).to.have.property(name, expected)
    })
  }

  it("replaces the parts beside a protected server's host, and only those", () => {
    const parts = {
      SHOP_HOST: 'db.prod.example.com',
      SHOP_PORT: '5432',
      SHOP_USERNAME: 'app',
      SHOP_NAME: 'shop',
    }
    expect(environmentOf({ ...parts, SHOP_COLOUR: 'red', API_PORT: '80' })).to.include({
      SHOP_HOST: '127.0.0.1',
      SHOP_PORT: '50001',
      SHOP_USERNAME: 'me',
      SHOP_NAME: 'copy',
      SHOP_COLOUR: 'red',
      API_PORT: '80',
    })
    expect(environmentOf(parts)).not.to.have.property('SHOP_PASSWORD')
  })

  it('drops what libpq would read instead, and empties it where a .env file would bring it back', () => {
    const environment = environmentOf({ PGSERVICE: 'prod', PGOPTIONS: '-c x=y', PGSSLMODE: 'require' }, [
      { PGHOSTADDR: '10.0.0.1', PGOPTIONS: '-c a=b' },
    ])
    expect(environment).not.to.have.property('PGSERVICE')
    expect(environment).to.include({ PGHOSTADDR: '', PGOPTIONS: '', PGSSLMODE: 'disable' })
  })

  it("drops the rehearsal's own secrets, and empties them where a .env file would bring them back", () => {
    const url = 'https://hooks.example/sesame'
    const environment = environmentOf({ REHEARSAL_WEBHOOK_URL: url, REHEARSAL_SIGNING_KEY: 'sesame' })
    expect(JSON.stringify(environment)).not.to.contain('sesame')
    expect(environmentOf({}, [{ REHEARSAL_WEBHOOK_URL: url }])).to.include({ REHEARSAL_WEBHOOK_URL: '' })
  })

  it('leaves harmless variables of .env files to the app', () => {
    expect(environmentOf({}, [{ COLOUR: 'red' }])).not.to.have.property('COLOUR')
  })

  it('judges the value that counts: the environment wins over .env files', () => {
    expect(environmentOf({ API: 'https://api.example.com' }, [{ API: prod }])).to.include({
      API: 'https://api.example.com',
    })
  })

  it('does not take a one-word host for a user or a path', () => {
    const environment = environmentOf(
      { POSTGRES_USER: 'postgres', DATA: '/var/lib/postgres', DB_SERVER: 'postgres' },
      [],
      ['postgres://u@postgres/x'],
    )
    expect(environment).to.include({
      POSTGRES_USER: 'postgres',
      DATA: '/var/lib/postgres',
      DB_SERVER: '127.0.0.1',
    })
  })
})
