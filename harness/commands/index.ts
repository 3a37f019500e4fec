import { clean } from './clean.ts'
import type { DescribeCommand } from './command.ts'
import { history } from './history.ts'
import { inspect } from './inspect.ts'
import { plan } from './plan.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { sampleTraffic } from './sample-traffic.ts'

/** Every command, by the name it is called by. Add one by registering it here. */
export const commands = {
  run,
  inspect,
  report,
  history,
  plan,
  'sample-traffic': sampleTraffic,
  clean,
} satisfies Record<string, DescribeCommand>
