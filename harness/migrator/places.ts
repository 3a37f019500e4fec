/**
 * `host:port` pairs as one word for an environment variable. Not in plain text: no variable of a child may
 * name a protected server, lest the team's code takes it for one to use.
 */
export function encodePlaces(places: readonly string[]): string {
  return Buffer.from(JSON.stringify(places)).toString('base64url')
}

/** The pairs again; none for an empty or missing variable. */
export function decodePlaces(text: string | undefined): string[] {
  if (text === undefined || text === '') return []
  return JSON.parse(Buffer.from(text, 'base64url').toString())
}
