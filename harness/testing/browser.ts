import { mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser of this machine, or undefined; `CHROMIUM` names another one. */
export const browser = [process.env['CHROMIUM'] ?? '', ...programs].find((path) => existsSync(path))

/** What a page came to in a headless browser. */
export interface Opened {
  /** The document as the browser has it once loaded. */
  readonly dom: string
  /** What it said on the console, refused requests included. */
  readonly console: readonly string[]
}

/** Opens a page (a path or URL) in a browser profile of its own. */
export async function openPage(url: string): Promise<Opened> {
  const { stdout, stderr } = await runBrowser(['--enable-logging=stderr', '--v=0', '--dump-dom', url])
  return { dom: stdout, console: stderr.split('\n').filter((line) => line.includes(':CONSOLE')) }
}

/** Runs the browser once, headless. Throws when it fails or takes longer than half a minute. */
export async function runBrowser(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const profile = await mkdtemp(join(tmpdir(), 'pg-rehearsal-browser-'))
  try {
    const fixed = [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      `--user-data-dir=${profile}`,
    ]
    const { stdout, stderr } = await execa(browser ?? 'chromium', [...fixed, ...args], { timeout: 30_000 })
    return { stdout, stderr }
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}
