import { restoredSize } from '../backups/restored-size.ts'
import { chooseEngine } from '../engines/index.ts'
import { bytes } from '../reports/text.ts'
import { openRun } from '../runs/open-run.ts'
import { wantedMajor, type Examined, type Observation, type Probe } from './probe.ts'

/** With less than this free, hardly any backup fits. */
const unknown = { least: 1e9, likely: 2e9 }

/** Room for what is restored, where the engine that would be chosen keeps it. */
export const disk: Probe = {
  name: 'disk',
  description: 'free room for the restored data',
  async run(examined) {
    // To ask a server of yours would be to connect to it.
    if (examined.plan?.engine === 'external') return []
    const { name, free } = await roomOf(examined)
    if (free === undefined) return [{ status: 'ok', text: `cannot be seen with the ${name} engine` }]
    const { backup } = examined
    return [judge(name, free, backup === undefined ? unknown : restoredSize(backup))]
  },
}

async function roomOf(examined: Examined): Promise<{ name: string; free: number | undefined }> {
  const { plan } = examined
  const run = await openRun()
  try {
    const request = {
      major: wantedMajor(examined),
      image: plan?.image,
      serverUrl: undefined,
      storageHook: plan?.storageHook,
      run,
    }
    const { engine } = await chooseEngine(plan?.engine ?? 'auto', request)
    return { name: engine.name, free: await engine.freeBytes(request) }
  } finally {
    await run.dispose()
  }
}

function judge(name: string, free: number, { least, likely }: typeof unknown): Observation {
  const text = `${bytes(free)} free where the ${name} engine keeps its data, of ${bytes(likely)} that may be needed`
  if (free >= likely) return { status: 'ok', text }
  const elsewhere = name === 'embedded' ? ', or set TMPDIR to a directory on a larger disk' : ''
  const remedy = `Free some space there${elsewhere}; see \`rehearse snapshots\`.`
  return { status: free >= least ? 'warning' : 'problem', text, remedy }
}
