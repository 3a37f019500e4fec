/** Shown in the help of the program and of what rehearses. */
export const exitCodeHelp = `
Exit codes:
  0    passed: everything was verified and nothing is wrong
  1    failed: at least one finding is an error
  2    could not verify: something that had to be verified was not, or the plan cannot be carried out
  130  interrupted (143 by SIGTERM); everything that was started is removed
`
