import { closeSync, openSync, utimesSync } from 'node:fs'

const variable = 'REHEARSAL_HEARTBEAT'
const everyMs = 10_000

/**
 * Renews the time of the file that REHEARSAL_HEARTBEAT names, every 10 s for as long as this process gets round to it;
 * the image's health check looks at it. The variable is taken away, as a child that is alive says nothing of this process.
 * A file that cannot be written stays old: what cannot be told is not healthy.
 */
export function startHeartbeat(environment: NodeJS.ProcessEnv = process.env): void {
  const path = environment[variable]
  delete environment[variable]
  if (path === undefined || path === '') return
  beat(path)
  setInterval(() => beat(path), everyMs).unref()
}

function beat(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
    const now = new Date()
    utimesSync(path, now, now)
  } catch {
    // Said by the file's age.
  }
}
