import type { Connection } from './connection.ts'

/** The connection string of a connection, for child processes only: it holds the password. */
export function urlOf({ host, port, user, password, database }: Connection): string {
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
  const bracketed = host.includes(':') ? `[${host}]` : host
  return `postgresql://${credentials}@${bracketed}:${port}/${encodeURIComponent(database)}`
}

/** Parses a postgres URL; undefined when the text is not one. Port defaults to 5432, database to the user. */
export function parseUrl(text: string): Connection | undefined {
  if (!/^postgres(ql)?:\/\//i.test(text)) return undefined
  try {
    const url = new URL(text)
    const user = decodeURIComponent(url.username) || 'postgres'
    return {
      host: (url.hostname || url.searchParams.get('host') || 'localhost').replace(/^\[|\]$/g, ''),
      port: Number(url.port || 5432),
      user,
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)) || user,
    }
  } catch {
    return undefined
  }
}
