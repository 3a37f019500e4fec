/** One setting of a `postgresql.conf`. */
export interface ConfSetting {
  /** In lower case. */
  readonly name: string
  readonly value: string
}

/**
 * The settings in a `postgresql.conf` or an excerpt of one, the last of each name, in order; `include` and its like
 * come with the path as value. What is no setting at all is returned as it stands in `unread`.
 * https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-CONFIGURATION-FILE
 */
export function parseConf(text: string): {
  readonly settings: readonly ConfSetting[]
  readonly unread: readonly string[]
} {
  const settings = new Map<string, ConfSetting>()
  const unread: string[] = []
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const [, name, quoted, plain] = setting.exec(line) ?? []
    if (name === undefined) unread.push(line.trim())
    else {
      const lower = name.toLowerCase()
      settings.delete(lower)
      settings.set(lower, { name: lower, value: quoted === undefined ? (plain ?? '') : unquoted(quoted) })
    }
  }
  return { settings: [...settings.values()], unread }
}

const setting =
  /^\s*([A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)*)\s*(?:=\s*|\s)(?:'((?:[^'\\]|''|\\.)*)'|([^\s#']+))\s*(?:#.*)?$/

function unquoted(text: string): string {
  return text.replaceAll(/''|\\([^])/g, (match, escaped?: string) => (match === "''" ? "'" : (escaped ?? '')))
}
