import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { HarnessError } from '../errors.ts'
import { errorOf } from '../testing/error-of.ts'
import { withTemporary } from '../testing/temporary.ts'
import { findEndpoint, isRemote } from './docker-endpoint.ts'

describe('the Docker engine that is named', () => {
  it('is that of DOCKER_HOST before any context, with the words and variables that mean it elsewhere', async () => {
    const endpoint = await findEndpoint({
      DOCKER_HOST: 'tcp://db-host:2376',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: '/certs',
      DOCKER_CONTEXT: 'other',
    })
    expect(endpoint).to.deep.include({
      name: 'tcp://db-host:2376 (DOCKER_HOST)',
      tls: { directory: '/certs', verify: true, optional: false },
      variables: { DOCKER_HOST: 'tcp://db-host:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' },
    })
    expect(endpoint?.dockerWords.join(' ')).to.equal(
      '--host tcp://db-host:2376 --tlsverify --tlscacert /certs/ca.pem --tlscert /certs/cert.pem --tlskey /certs/key.pem',
    )
  })

  it('is that of DOCKER_CONTEXT, else of the current context', async () => {
    await withTemporary(async (directory) => {
      await context(directory, 'away', { Host: 'ssh://ci@away:2222' })
      await context(directory, 'near', { Host: 'unix:///run/near.sock' })
      await context(directory, 'open', { Host: 'tcp://open:2376', SkipTLSVerify: true })
      await writeFile(join(directory, 'config.json'), JSON.stringify({ currentContext: 'near' }))
      const found = async (name: string) =>
        await findEndpoint({ DOCKER_CONFIG: directory, DOCKER_CONTEXT: name })
      const away = await found('away')
      expect(away?.name).to.equal('ssh://ci@away:2222 (DOCKER_CONTEXT away)')
      expect(away?.dockerWords).to.deep.equal(['--context', 'away'])
      expect(away && isRemote(away)).to.equal(true)
      const near = await found('')
      expect(near?.name).to.equal('unix:///run/near.sock (context near)')
      expect(near && isRemote(near)).to.equal(false)
      expect((await found('open'))?.tls).to.include({ verify: false, optional: true })
      expect(await found('default')).to.equal(undefined)
      await refuses(found('nowhere'), 'docker-context-unknown', /away, near, open/)
    })
  })

  const odd = ['nonsense', 'tcp://', 'ftp://host', 'ssh://ci:secret@host', 'ssh://host/$(reboot)']
  for (const host of odd) {
    it(`is refused as ${host.replace('secret', '…')}, without a secret in what is said`, async () => {
      const error = await refuses(findEndpoint({ DOCKER_HOST: host }), 'docker-address', /ssh:\/\/USER@HOST/)
      expect(error.message).not.to.include('secret')
    })
  }
})

async function context(directory: string, name: string, docker: object): Promise<void> {
  const path = join(directory, 'contexts/meta', createHash('sha256').update(name).digest('hex'))
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker } }))
}

async function refuses(finding: Promise<unknown>, code: string, hint: RegExp): Promise<HarnessError> {
  const error = await errorOf(finding)
  expect(error.code).to.equal(code)
  expect(error.hint).to.match(hint)
  return error
}
