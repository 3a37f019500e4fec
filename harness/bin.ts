#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(
    `pg-rehearsal needs Node 22.22 or later, and this is ${process.versions.node}.\n` +
      '→ Install a newer Node, or bring one with the project: npm install --save-dev node@24, then run it from an npm script.\n',
  )
  process.exitCode = 2
} else {
  // Halves the time until the first line; in the system's temporary directory, or NODE_COMPILE_CACHE.
  enableCompileCache()
  await import('./cli.ts')
}
