import { messageOf } from './errors.ts'

/** What must be undone at the end, whatever the end is: last opened, first closed. */
export interface Teardown {
  /**
   * Adds an undoing; `what` names the thing in the problem that is reported when it fails. Once everything was undone, what
   * a stage that was given up begins all the same is undone at once.
   */
  defer(what: string, undo: () => Promise<void> | void): void
  /** Undoes everything once and returns a line for each undoing that failed; it never throws. */
  run(): Promise<string[]>
}

/** A teardown with nothing in it yet. */
export function createTeardown(): Teardown {
  const deferred: { what: string; undo: () => Promise<void> | void }[] = []
  let isOver = false
  return {
    defer: (what, undo) => {
      if (isOver)
        void Promise.resolve()
          .then(undo)
          .catch(() => {})
      else deferred.push({ what, undo })
    },
    run: async () => {
      const problems: string[] = []
      for (let next = deferred.pop(); next !== undefined; next = deferred.pop()) {
        try {
          await next.undo()
        } catch (error) {
          problems.push(`${next.what} was not removed: ${messageOf(error)}`)
        }
      }
      isOver = true
      return problems
    },
  }
}
