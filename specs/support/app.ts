/** What the app answered. */
export interface Answer<Body> {
  readonly status: number
  readonly body: Body
}

/** Asks the running app, whose address is in `APP_URL`, and reads its JSON. */
export async function get<Body>(path: string): Promise<Answer<Body>> {
  return read(await fetch(new URL(path, appUrl())))
}

export async function post<Body>(path: string, content: object = {}): Promise<Answer<Body>> {
  const headers = { 'content-type': 'application/json' }
  return read(
    await fetch(new URL(path, appUrl()), { method: 'POST', headers, body: JSON.stringify(content) }),
  )
}

/** The shape of every answer that is an error. */
export interface Refusal {
  readonly error: { readonly code: string; readonly message: string }
}

async function read<Body>(response: Response): Promise<Answer<Body>> {
  return { status: response.status, body: (await response.json()) as Body }
}

function appUrl(): string {
  const url = process.env['APP_URL']
  if (url === undefined) throw new Error('APP_URL must name the running app')
  return url
}
