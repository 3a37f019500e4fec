import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Endpoint } from './docker-endpoint.ts'
import type { Dialer } from './docker-link.ts'
import { tlsOptions, tlsProblem } from './docker-tls.ts'

/**
 * Connections to an engine at a TCP address, encrypted where there are certificates, and directly to the ports that it
 * publishes at the same address, which are not. Throws HarnessError `docker-certificates`.
 */
export async function tcpDialer({ url, tls }: Endpoint): Promise<Dialer> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const options = tls && (await tlsOptions(url, tls))
  let address = host
  const learn = <Connection extends Socket>(socket: Connection): Connection =>
    socket.setNoDelay().once('connect', () => (address = socket.remoteAddress ?? address))
  return {
    engine: () =>
      learn(
        options === undefined
          ? connect({ host, port: Number(url.port || 2375), allowHalfOpen: true })
          : connectTls(options),
      ),
    port: async (port) => connect({ host: address, port, noDelay: true }),
    publishAddress: () => address,
    lasting: (port) => ({ host, port }),
    explain: (error) => {
      if (tls !== undefined) {
        const problem = tlsProblem(error, tls.directory)
        return problem && { code: 'docker-certificates', ...problem }
      }
      return /HTTP request to an HTTPS server/.test(String(error))
        ? {
            why: 'it wants TLS',
            hint: 'Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the directory with its certificates.',
          }
        : undefined
    },
    ended: new Promise(() => {}),
    close: () => {},
  }
}
