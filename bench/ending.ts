/**
 * Aborts when the program is told to end, with the exit code as its reason; a second time ends it at once. What is just
 * being made is to be made before it is undone: nothing would know of it else.
 */
export function endingBySignal(): AbortSignal {
  const ending = new AbortController()
  for (const [signal, exitCode] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }))
    // Not `once`: execa takes a signal that nobody listens to any more for one that is to end the program.
    process.on(signal, () => (ending.signal.aborted ? process.exit(exitCode) : ending.abort(exitCode)))
  return ending.signal
}
