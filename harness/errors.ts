/**
 * A failure the operator can fix: no engine, an unreadable backup, a version that does not match.
 * It is printed without a stack and ends the program with exit code 2.
 */
export class HarnessError extends Error {
  readonly code: string
  /** What to do next, in the imperative. */
  readonly hint: string

  constructor(code: string, message: string, options: { hint: string; cause?: unknown }) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'HarnessError'
    this.code = code
    this.hint = options.hint
  }
}

/** Several problems that were found at once; each is reported. */
export class HarnessErrors extends Error {
  readonly problems: readonly HarnessError[]

  constructor(problems: readonly HarnessError[]) {
    super(problems.map((problem) => problem.message).join('; '))
    this.name = 'HarnessErrors'
    this.problems = problems
  }
}

/** The message of anything thrown, also of what is no Error. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') {
    return thrown.errors.map(messageOf).join('; ')
  }
  return thrown instanceof Error ? thrown.message : String(thrown)
}
