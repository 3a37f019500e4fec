import { parseUrl } from '../postgres/url.ts'
import { connectionVariables } from '../connection-variables.ts'
import { settings } from '../settings.ts'
import type { Observation, Probe } from './probe.ts'

/** Which variables are set, never to what, and which of them name one server. */
export const connections: Probe = {
  name: 'environment',
  description: 'which variables are set (never their values), and which point at the same server',
  async run({ environment }) {
    const names = [...connectionVariables, ...settings].map(({ variable }) => variable)
    const set = names.filter((name) => (environment[name] ?? '') !== '')
    const urls = [
      'DATABASE_URL',
      'REHEARSAL_SERVER_URL',
      ...connectionVariables.map(({ variable }) => variable),
    ]
    const given = [...new Set(urls)].filter((name) => (environment[name] ?? '') !== '')
    const servers = Map.groupBy(given, (name) => serverOf(environment[name] ?? ''))
    return [
      { status: 'ok', text: set.length === 0 ? 'no variable of ours is set' : `set: ${set.join(', ')}` },
      ...[...servers].flatMap(([server, variables]) => about(server, variables)),
    ]
  },
}

function about(server: string | undefined, variables: readonly string[]): Observation[] {
  if (server === undefined)
    return variables.map((name) => ({
      status: 'problem',
      text: `${name} is not a postgres URL`,
      remedy: 'Write it as postgresql://user:password@host:port/database.',
    }))
  const guarded = variables.filter((name) =>
    connectionVariables.some((known) => known.protected && known.variable === name),
  )
  if (variables.length < 2) return []
  const dangerous = variables.includes('REHEARSAL_SERVER_URL') && guarded.length > 0
  return [
    {
      status: dangerous ? 'problem' : 'warning',
      text: `${variables.join(' and ')} point at the same server`,
      remedy: dangerous
        ? 'Rehearse on another server: this one is never written to.'
        : 'Make sure that this is meant; what is written through one is seen by the other.',
    },
  ]
}

/** `localhost` and its addresses are one. */
function serverOf(url: string): string | undefined {
  const parsed = parseUrl(url)
  if (parsed === undefined) return undefined
  const host = /^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(parsed.host)
    ? 'localhost'
    : parsed.host.toLowerCase()
  return `${host}:${parsed.port}`
}
