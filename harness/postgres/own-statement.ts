/** The harness's own statements on the migrator's connections begin with this; the trace leaves them out. */
export const ownStatementPrefix = '/* pg-rehearsal */'
