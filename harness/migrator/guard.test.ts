import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { execa } from 'execa'
import { guardUrl } from './child-process.ts'
import { encodePlaces } from './places.ts'

const refusal = /^ERR_PG_REHEARSAL_BLOCKED pg-rehearsal refused a connection to .* protected server/

describe('guard', () => {
  let prod: Server
  let copy: Server
  let prodPort: number
  let copyPort: number
  let reachedProd = 0

  before(async () => {
    prod = await listening(() => (reachedProd += 1))
    copy = await listening(() => {})
    prodPort = (prod.address() as AddressInfo).port
    copyPort = (copy.address() as AddressInfo).port
  })

  after(() => {
    prod.close()
    copy.close()
    expect(reachedProd, 'connections that reached the protected server').to.equal(0)
  })

  /** What `expression`, a promise in a guarded child, comes to: `ok`, or the error's code and message. */
  async function guarded(
    expression: string,
    variables: Record<string, string> = {},
  ): Promise<{ said: string; stderr: string }> {
    const code = `import dns, { lookup } from 'node:dns'; import net from 'node:net'; import tls from 'node:tls'
      import { promisify } from 'node:util'; import pg from 'pg'
      const PROD = ${prodPort}, COPY = ${copyPort}
      const connect = (...args) => new Promise((resolve, reject) => {
        const socket = net.connect(...args, () => { socket.destroy(); resolve() }).on('error', reject) })
      const said = await (${expression}).then(() => 'ok', (e) => { const c = e.cause ?? e; return c.code + ' ' + c.message })
      process.stdout.write(said); process.exit()`
    const { stdout, stderr } = await execa(
      process.execPath,
      ['--import', guardUrl, '--input-type=module', '--eval', code],
      {
        cwd: fileURLToPath(new URL('.', import.meta.url)),
        env: {
          PG_REHEARSAL_BLOCKED: encodePlaces([`localhost:${prodPort}`, 'db.prod.example.com:5432']),
          PG_REHEARSAL_ALLOWED: encodePlaces([`127.0.0.1:${copyPort}`]),
          ...variables,
        },
      },
    )
    return { said: stdout, stderr }
  }

  const refused: Record<string, string> = {
    'by name': "connect({ host: 'localhost', port: PROD })",
    'by another spelling': "connect({ host: 'LOCALHOST.', port: String(PROD) })",
    'by address': "connect(PROD, '127.0.0.1')",
    'by IPv4 address in IPv6': "connect({ host: '::ffff:127.0.0.1', port: PROD })",
    'without a host': 'connect(PROD)',
    'by an alias':
      "connect({ host: 'alias.test', port: PROD, lookup: (h, o, done) => o.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4) })",
    'with pg': "new pg.Client({ host: 'localhost', port: PROD, user: 'x' }).connect()",
    'with fetch': "fetch('http://127.0.0.1:' + PROD)",
    'with TLS': "new Promise((_, reject) => tls.connect(PROD, 'localhost').on('error', reject))",
    'far away': "connect(5432, 'db.prod.example.com')",
  }
  for (const [how, expression] of Object.entries(refused)) {
    it(`refuses a protected server ${how}`, async () => {
      const { said, stderr } = await guarded(expression)
      expect(said).to.match(refusal)
      expect(stderr).to.include('[PG_REHEARSAL_BLOCKED] Warning: pg-rehearsal refused')
    })
  }

  const lookups: Record<string, string> = {
    'with a callback': "promisify(dns.lookup)('db.prod.example.com')",
    'through a named import': "promisify(lookup)('DB.prod.example.com')",
    'with a promise': "dns.promises.resolve4('db.prod.example.com')",
    'for another port': "connect(443, 'db.prod.example.com')",
  }
  for (const [how, expression] of Object.entries(lookups)) {
    it(`refuses a look-up of a protected server ${how}`, async () => {
      expect((await guarded(expression)).said).to.match(/^ERR_PG_REHEARSAL_BLOCKED .* a look-up of db/i)
    })
  }

  const allowed: Record<string, string> = {
    'the copy': "connect(COPY, '127.0.0.1')",
    'the copy by name': "connect({ host: 'localhost', port: COPY })",
    'a look-up of this machine': "dns.promises.lookup('localhost')",
  }
  for (const [what, expression] of Object.entries(allowed)) {
    it(`lets through ${what}`, async () => {
      expect(await guarded(expression)).to.deep.equal({ said: 'ok', stderr: '' })
    })
  }

  it('lets the copy through at the very place of a protected server', async () => {
    const place = encodePlaces([`127.0.0.1:${copyPort}`])
    const { said } = await guarded("connect(COPY, '127.0.0.1')", { PG_REHEARSAL_BLOCKED: place })
    expect(said).to.equal('ok')
  })

  it('is out of the way when nothing is protected', async () => {
    const { said } = await guarded("connect(COPY, 'localhost')", { PG_REHEARSAL_BLOCKED: '' })
    expect(said).to.equal('ok')
  })
})

async function listening(onConnection: () => void): Promise<Server> {
  const server = createServer((socket) => {
    onConnection()
    socket.destroy()
  })
  server.listen(0)
  await once(server, 'listening')
  return server
}
