import type { Plan } from './plan.ts'
import { parseUrl } from './postgres/url.ts'
import { openRun } from './runs/open-run.ts'
import type { Run } from './runs/run.ts'
import { sweepRuns } from './runs/sweep.ts'
import type { ServerKeeping } from './stages/provision.ts'
import { createTeardown } from './teardown.ts'

/**
 * Opens a run, removes what dead ones left and hands it to `work`; undoes everything afterwards, whatever the end is.
 * What was removed, and what could not be, is told to `observe` as notes; `redactor` learns the plan's secrets.
 */
export async function withRun<Result>(
  plan: Plan,
  { observe, redactor }: Pick<ServerKeeping, 'observe' | 'redactor'>,
  work: (run: Run, keeping: ServerKeeping) => Promise<Result>,
): Promise<Result> {
  for (const url of [...Object.values(plan.protectedUrls), plan.serverUrl ?? '', plan.history.url ?? ''])
    redactor.add(parseUrl(url)?.password ?? '')
  redactor.add(plan.masking.salt ?? '')
  const note = (text: string): void => observe({ kind: 'note', text: redactor.text(text) })
  const teardown = createTeardown()
  const run = await openRun()
  teardown.defer('the scratch directory', () => run.dispose())
  try {
    for (const line of await sweepRuns({ kept: false })) note(line)
    return await work(run, { teardown, redactor, observe })
  } finally {
    for (const problem of await teardown.run()) note(problem)
  }
}
