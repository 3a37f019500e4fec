/** Shown in the help of what rehearses or reports a fleet. */
export const fleetExitCodeHelp = `
Exit codes, of the worst database:
  0    all passed
  1    at least one failed
  2    none failed, and at least one could not be verified, was not rehearsed or has no result
  130  interrupted (143 by SIGTERM); everything that was started is removed, and the report is written
`
