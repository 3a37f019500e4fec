/**
 * The value that makes an option of a foreign server lead nowhere; undefined for options that do not say where. A
 * directory as `host` is a local socket, and this one is not there, so no name is looked up and nothing is sent.
 */
export function harmlessValue(option: string): string | undefined {
  const name = option.toLowerCase()
  if (name === 'host') return '/defused'
  if (name === 'hostaddr') return ''
  return leading.test(name) ? 'defused' : undefined
}

const leading =
  /^(?:service|server|servername|server_name|dbserver|address(?:es)?|ur[il]|jdbc_url|dsn|connstr|connection.*|endpoint|nodes?|hosts?|aws_.*|.*_url)$/

/**
 * A statement that would have the restored database reach another one, made harmless before it runs; null when it is
 * to be left out, undefined when there is nothing to change.
 */
export function harmlessStatement(sql: string): string | null | undefined {
  if (/^(?:create|alter)\s+server\s/i.test(sql)) return harmlessServer(sql)
  if (/^create\s+subscription\s/i.test(sql)) return harmlessSubscription(sql)
  if (/^alter\s+subscription\s[^]*\s(?:enable|refresh\s+publication[^]*)\s*;?\s*$/i.test(sql)) return null
  return undefined
}

function harmlessServer(sql: string): string {
  return sql.replaceAll(
    /'(?:[^']|'')*'|("(?:[^"]|"")*"|\w+)(?:(\s+)(E?'(?:[^']|'')*'))?/g,
    (all, option: string | undefined, space: string | undefined) => {
      if (option === undefined || space === undefined) return all
      const value = harmlessValue(option.replaceAll('"', ''))
      return value === undefined ? all : `${option}${space}'${value}'`
    },
  )
}

/** Options that have it connect at once, or later. */
const connecting = /^\s*(?:connect|enabled|create_slot|copy_data)\b/i

function harmlessSubscription(sql: string): string {
  const [, before = '', options] = /^([^]*?)(?:\swith\s*\(([^()]*)\))?\s*;?\s*$/i.exec(sql) ?? []
  const kept = (options ?? '').split(',').filter((option) => option.trim() !== '' && !connecting.test(option))
  return `${before} WITH (${['connect = false', ...kept.map((option) => option.trim())].join(', ')});`
}
