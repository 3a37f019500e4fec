/** Names, in the environment of mocha's process, the file that appears when the specs may be loaded. */
export const gateVariable = 'PG_REHEARSAL_GATE'
