import { isName, isWord, tokensOf } from './tokens.ts'
import type { Token } from './tokens.ts'

/**
 * The roles that a statement of a dump needs: of OWNER TO, GRANT, REVOKE, policies, default privileges, user
 * mappings, CREATE SCHEMA AUTHORIZATION and SET SESSION AUTHORIZATION. Without `public` and the likes of
 * `current_user`; empty for every other statement.
 */
export function rolesOf(statement: string): string[] {
  const tokens = tokensOf(statement)
  const [first, second, third] = tokens
  if (isWord(first, 'grant', 'revoke')) return privileges(tokens, 0)
  if (isWord(first, 'alter')) {
    return isWord(second, 'default') && isWord(third, 'privileges')
      ? defaultPrivileges(tokens)
      : owner(tokens)
  }
  if (isWord(first, 'create') && isWord(second, 'policy')) return listAfter(tokens, policyRoles(tokens))
  if (isWord(first, 'create') && isWord(second, 'schema')) {
    return listAfter(
      tokens,
      tokens.findIndex((token) => isWord(token, 'authorization')),
    )
  }
  if (isWord(first, 'create') && isWord(second, 'user') && isWord(third, 'mapping')) {
    return listAfter(
      tokens,
      tokens.findIndex((token) => isWord(token, 'for')),
    )
  }
  if (isWord(first, 'set') && isWord(second, 'session') && isWord(third, 'authorization'))
    return listAfter(tokens, 2)
  return []
}

/** `grant … to a, b`; without `on`, what is granted are roles too. */
function privileges(tokens: readonly Token[], from: number): string[] {
  const to = tokens.findIndex(
    (token, at) => at > from && isWord(token, 'to', 'from') && !afterDot(tokens, at),
  )
  const grantor = tokens.findIndex((token, at) => isWord(token, 'granted') && isWord(tokens[at + 1], 'by'))
  const onObject = tokens.slice(from, to).some((token) => isWord(token, 'on'))
  const members = onObject ? [] : listAfter(tokens, from)
  return [...members, ...listAfter(tokens, to), ...listAfter(tokens, grantor < 0 ? -1 : grantor + 1)]
}

function defaultPrivileges(tokens: readonly Token[]): string[] {
  const role = tokens.findIndex((token, at) => isWord(token, 'for') && isWord(tokens[at + 1], 'role', 'user'))
  const grant = tokens.findIndex((token) => isWord(token, 'grant', 'revoke'))
  return [...listAfter(tokens, role < 0 ? -1 : role + 1), ...privileges(tokens, grant)]
}

function owner(tokens: readonly Token[]): string[] {
  const at = tokens.findIndex(
    (token, at) => isWord(token, 'owner') && isWord(tokens[at + 1], 'to') && !afterDot(tokens, at),
  )
  return listAfter(tokens, at < 0 ? -1 : at + 1)
}

/** The `to` of a policy: before any expression, whose parentheses may hold anything. */
function policyRoles(tokens: readonly Token[]): number {
  const expression = tokens.findIndex((token) => token.text === '(' && token.kind === 'symbol')
  return tokens.findIndex((token, at) => isWord(token, 'to') && at > 3 && (expression < 0 || at < expression))
}

/** `schema.to` is a name. */
function afterDot(tokens: readonly Token[], at: number): boolean {
  return tokens[at - 1]?.text === '.' && tokens[at - 1]?.kind === 'symbol'
}

/** The names of the comma-separated list behind token `at`; none when `at` is negative. */
function listAfter(tokens: readonly Token[], at: number): string[] {
  const roles: string[] = []
  for (let next = at < 0 ? tokens.length : at + 1; next < tokens.length; next += 2) {
    if (isWord(tokens[next], 'group') && isName(tokens[next + 1])) next++
    const token = tokens[next]
    if (!isName(token) && token?.kind !== 'string') break
    if (!isSpecial(token)) roles.push(token.text)
    if (tokens[next + 1]?.text !== ',') break
  }
  return roles
}

function isSpecial(token: Token): boolean {
  const special = ['current_user', 'current_role', 'session_user', 'user', 'default']
  // The server takes these two for keywords even in quotes.
  return ['public', 'none'].includes(token.text) || (token.kind === 'word' && special.includes(token.text))
}
