import { stopSharedServers } from './server.ts'

/** Mocha's root hooks: whatever servers the tests shared are gone at the end. */
export const mochaHooks = { afterAll: stopSharedServers }
