import { isName, isWord, tokensOf } from './tokens.ts'
import type { Token } from './tokens.ts'

/** What of a statement about a role is carried over. */
export interface RoleStatement {
  readonly name: string
  /** The role has to be made first. */
  readonly creates: boolean
  /** To run then; null for nothing. */
  readonly sql: string | null
}

/**
 * Reads CREATE ROLE, ALTER ROLE … WITH and the grant of a role to another. Password, login, expiry and connection
 * limit are left out. Undefined for every other statement, `alter role … set` among them.
 */
export function roleStatement(statement: string): RoleStatement | undefined {
  const tokens = tokensOf(statement)
  const [first, second, third, fourth] = tokens
  if (isWord(first, 'create', 'alter') && isWord(second, 'role', 'user', 'group') && isName(third)) {
    if (
      isWord(third, 'mapping') ||
      (isWord(first, 'alter') && isWord(fourth, 'set', 'in', 'reset', 'rename'))
    )
      return undefined
    const kept = attributesIn(tokens.slice(3))
    const sql = kept.length === 0 ? null : `alter role ${quoted(third.text)} with ${kept.join(' ')}`
    return { name: third.text, creates: isWord(first, 'create'), sql }
  }
  if (isWord(first, 'grant')) return membership(tokens)
  return undefined
}

const attributes = new Set(
  ['superuser', 'inherit', 'createrole', 'createdb', 'replication', 'bypassrls'].flatMap((word) => [
    word,
    `no${word}`,
  ]),
)

/** Values (a password, a date) are strings, so no word in them is taken for an attribute. */
function attributesIn(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) => (token.kind === 'word' && attributes.has(token.text) ? [token.text] : []))
}

/** `grant a to b with admin option granted by c`: the grantor is left out, ours will do. */
function membership(tokens: readonly Token[]): RoleStatement | undefined {
  const [, role, to, member, ...rest] = tokens
  if (!isName(role) || !isWord(to, 'to') || !isName(member)) return undefined
  const end = rest.findIndex((token) => isWord(token, 'granted') || token.text === ';')
  const options = rest.slice(0, end < 0 ? rest.length : end).map((token) => token.text)
  const sql = `grant ${quoted(role.text)} to ${quoted(member.text)} ${options.join(' ')}`
  return { name: member.text, creates: false, sql: sql.trim() }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
