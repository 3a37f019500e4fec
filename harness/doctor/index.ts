import { backup } from './backup.ts'
import { clientTools } from './client-tools.ts'
import { configuration } from './configuration.ts'
import { connections } from './connections.ts'
import { disk } from './disk.ts'
import { docker } from './docker.ts'
import { embedded } from './embedded.ts'
import { envFile } from './env-file.ts'
import { memory } from './memory.ts'
import { node } from './node.ts'
import type { Probe } from './probe.ts'
import { project } from './project.ts'

/** Everything that `rehearse doctor` looks at, in order. Add a probe by registering it here. */
export const probes: readonly Probe[] = [
  node,
  docker,
  embedded,
  clientTools,
  configuration,
  backup,
  project,
  envFile,
  connections,
  disk,
  memory,
]
