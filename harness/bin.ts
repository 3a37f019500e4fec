#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(
    `pg-rehearsal needs Node 22.22 or later, and this is ${process.versions.node}.\n` +
      '→ Install a newer Node, or bring one with the project: npm install --save-dev node@24, then run it from an npm script.\n',
  )
  process.exitCode = 2
} else {
  await import('./cli.ts')
}
