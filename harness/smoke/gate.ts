import { existsSync } from 'node:fs'
import { gateVariable } from './gate-variable.ts'

/**
 * Required by mocha before anything of the team's: holds the whole process until the file is there. Neither specs nor
 * mocha's own workers learn of it.
 */
const gate = process.env[gateVariable]
const parent = process.ppid
const nothing = new Int32Array(new SharedArrayBuffer(4))
if (gate !== undefined) {
  while (!existsSync(gate)) {
    // Killed, so that nobody will open it.
    if (process.ppid !== parent) process.exit(1)
    Atomics.wait(nothing, 0, 0, 5)
  }
}
delete process.env[gateVariable]
