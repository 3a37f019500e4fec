import { HarnessError } from '../errors.ts'

/** The HarnessError that the promise rejects with; throws anything else, and when there is none. */
export async function errorOf(promise: Promise<unknown>): Promise<HarnessError> {
  const error = await promise.then(
    () => new Error('no error'),
    (error: unknown) => error,
  )
  if (error instanceof HarnessError) return error
  throw error
}
