import { readFile } from 'node:fs/promises'
import { packageFile } from '../docs.ts'
import type { Probe } from './probe.ts'

/** Whether this Node runs the harness and TypeScript migrations. */
export const node: Probe = {
  name: 'Node',
  description: 'the version of Node',
  async run() {
    const manifest = JSON.parse(await readFile(packageFile('package.json'), 'utf8')) as {
      engines?: { node?: string }
    }
    const range = manifest.engines?.node ?? ''
    const [major = 0, minor = 0] = (/(\d+)(?:\.(\d+))?/.exec(range) ?? [])
      .slice(1)
      .map((part) => Number(part ?? 0))
    const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number)
    const text = `Node ${process.versions.node}, ${process.platform} ${process.arch}`
    if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return [{ status: 'ok', text }]
    return [
      { status: 'problem', text: `${text}; ${range} is needed`, remedy: `Install Node ${major} or newer.` },
    ]
  },
}
