import { stopSharedServers } from './server.ts'

// What is tested is the restore, and nothing is left in the user's store; the tests of snapshots ask for them.
process.env['REHEARSAL_SNAPSHOTS'] = 'off'

/** Mocha's root hooks: whatever servers the tests shared are gone at the end. */
export const mochaHooks = { afterAll: stopSharedServers }
