import type { Command } from 'commander'
import { parseDuration } from '../config-schema.ts'
import { HarnessError, messageOf } from '../errors.ts'
import { liveView } from '../live-view.ts'
import { urlOf } from '../postgres/url.ts'
import { findWorkClone, listWorkClones, openWorkClone, removeWorkClone } from '../work-clones.ts'
import { act } from './act.ts'
import { addSettings, backupPlace, planOf, type Options } from './setting-options.ts'

/** `rehearse clone`: a throwaway writable copy of the backup to work in. */
export function clone(command: Command): void {
  command.description('Open a throwaway copy of the backup to work in, and print its connection string.')
  const open = command
    .command('open', { isDefault: true })
    .description('open one (what `rehearse clone` alone does)')
    .option('--ttl <time>', 'the first command that runs after this removes it', '4h')
  addSettings(open, [
    'backup',
    ...backupPlace,
    'database',
    'engine',
    'postgres',
    'image',
    'snapshots',
    'snapshotsMaxSize',
  ])
  open.action(async (options: Options) => {
    await act(async ({ redactor, signal }) => {
      const ttlMs = timeOf(String(options['ttl']))
      const view = liveView(process.stderr, redactor)
      const opened = await openWorkClone(await planOf(options), ttlMs, {
        observe: view.observe,
        signal,
        redactor,
      })
      view.close()
      // The connection string is what was asked for, password included.
      console.log(urlOf(opened.connection))
      if (opened.tunnel !== undefined) console.error(`  while this runs: ${opened.tunnel}`)
      console.error(
        `  until ${opened.expiresAt}; psql: rehearse shell --clone ${opened.id}; remove: rehearse clone rm ${opened.id}`,
      )
    })
  })
  command
    .command('ls')
    .description('list the clones that are up')
    .action(async () => {
      await act(async () => {
        const all = await listWorkClones()
        for (const { id, engine, expiresAt, backup, connection } of all)
          console.log(
            `${id}  ${engine}  ${connection.host}:${connection.port}  until ${expiresAt}  ${backup}`,
          )
        if (all.length === 0) console.log('No clone is up.')
      })
    })
  command
    .command('rm')
    .description('remove clones')
    .argument('<id...>')
    .action(async (ids: string[]) => {
      await act(async () => {
        for (const id of ids)
          for (const line of await removeWorkClone(await findWorkClone(id))) console.log(line)
      })
    })
}

function timeOf(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw new HarnessError('invalid-option', `--ttl: ${messageOf(error)}`, { hint: 'Try --ttl 4h.' })
  }
}
