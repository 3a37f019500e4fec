/** A server that no child process may reach. */
export interface ServerAddress {
  /** Lower case, without brackets. */
  readonly host: string
  readonly port: number
}

/**
 * The servers that a connection string names: a URL (several hosts as libpq allows, `?host=` too, drivers
 * such as `postgresql+asyncpg` or `jdbc:`), or `host=… port=…` pairs. Sockets are no servers.
 */
export function serversOf(connectionString: string): ServerAddress[] {
  const url = /^(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:\/\/([^/?#]*)([^#]*)/i.exec(connectionString.trim())
  if (url === null) return pairs(connectionString)
  const [, authority = '', rest = ''] = url
  const hosts = authority.slice(authority.lastIndexOf('@') + 1)
  const query = new URLSearchParams(rest.slice(rest.indexOf('?') + 1))
  const fromQuery = addresses(query.get('host') ?? '', query.get('port') ?? '')
  return [...hosts.split(',').flatMap(address), ...fromQuery]
}

function pairs(text: string): ServerAddress[] {
  const value = (key: string): string =>
    new RegExp(`(?:^|\\s)${key}\\s*=\\s*'?([^\\s']+)`, 'i').exec(text)?.[1] ?? ''
  return [...addresses(value('host'), value('port')), ...addresses(value('hostaddr'), value('port'))]
}

function addresses(hosts: string, ports: string): ServerAddress[] {
  const portList = ports.split(',')
  return hosts.split(',').flatMap((host, index) => {
    const port = Number((portList[index] ?? portList[0]) || defaultPort)
    return host === '' || host.startsWith('/') ? [] : [{ host: bare(host), port }]
  })
}

const defaultPort = 5432

function address(text: string): ServerAddress[] {
  const parts = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(decode(text))
  const host = parts?.[1] ?? ''
  if (host === '' || host.startsWith('/')) return []
  return [{ host: bare(host), port: Number(parts?.[2] ?? defaultPort) }]
}

function bare(host: string): string {
  return host
    .replaceAll(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
