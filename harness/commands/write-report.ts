import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HarnessError } from '../errors.ts'

/** Writes a report to `path`, making its folder, or to standard output for `-`. Throws HarnessError `report-not-written`. */
export async function writeReport(path: string, text: string): Promise<void> {
  if (path === '-') return void process.stdout.write(text)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  } catch (cause) {
    throw new HarnessError(
      'report-not-written',
      `The report ${path} could not be written: ${String(cause)}`,
      {
        hint: 'Check the path, its permissions and the disk; the verdict is the one printed above.',
        cause,
      },
    )
  }
  console.error(`  report written to ${path}`)
}
