/** Why migrations could not be loaded; crosses to the parent, which makes a HarnessError of it. */
export class LoadError extends Error {
  readonly code: string
  /** What to do next, in the imperative. */
  readonly hint: string

  constructor(code: string, message: string, options: { hint: string; cause?: unknown }) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'LoadError'
    this.code = code
    this.hint = options.hint
  }
}
