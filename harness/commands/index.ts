import { approve } from './approve.ts'
import { backup } from './backup.ts'
import { baseline } from './baseline.ts'
import { bisect } from './bisect.ts'
import { calibrate } from './calibrate.ts'
import { clean } from './clean.ts'
import { clone } from './clone.ts'
import type { DescribeCommand } from './command.ts'
import { doctor } from './doctor.ts'
import { fleet } from './fleet/index.ts'
import { gate } from './gate.ts'
import { history } from './history.ts'
import { inspect } from './inspect.ts'
import { plan } from './plan.ts'
import { report } from './report.ts'
import { run } from './run.ts'
import { sampleTraffic } from './sample-traffic.ts'
import { shell } from './shell.ts'
import { snapshots } from './snapshots.ts'
import { verifyBackup } from './verify-backup.ts'

/** Every command, by the name it is called by. Add one by registering it here. */
export const commands = {
  run,
  backup,
  'verify-backup': verifyBackup,
  inspect,
  bisect,
  baseline,
  calibrate,
  report,
  fleet,
  history,
  plan,
  'sample-traffic': sampleTraffic,
  gate,
  approve,
  clone,
  shell,
  snapshots,
  doctor,
  clean,
} satisfies Record<string, DescribeCommand>
