import type { Command } from 'commander'
import { execa } from 'execa'
import { HarnessError } from '../errors.ts'
import { findWorkClone } from '../work-clones.ts'
import { act } from './act.ts'

/** `rehearse shell`: psql in a clone. */
export function shell(command: Command): void {
  command
    .description('Open psql in a clone that `rehearse clone` made.')
    .argument('[psql...]', 'what to tell psql, after --')
    .option('--clone <id>', 'which (default: the last one opened)')
    .action(async (rest: string[], { clone: id }: { clone?: string }) => {
      await act(async () => {
        const { connection, engine, connect, tunnel } = await findWorkClone(id)
        const { host, port, user, password, database } = connection
        const words = ['-h', host, '-p', String(port), '-U', user, '-d', database, ...rest]
        // Ctrl-C is psql's to hear: it cancels a query.
        process.on('SIGINT', () => {})
        // Without its tunnel the address leads nowhere, or elsewhere.
        const result =
          tunnel === undefined &&
          (await execa('psql', words, {
            stdio: 'inherit',
            env: { PGPASSWORD: password },
            reject: false,
          }))
        if (result !== false && result.code !== 'ENOENT') return result.exitCode ?? 2
        if (engine !== 'docker') throw noPsql()
        // Its words are plain: a container's name and a database's.
        const inContainer = await execa(
          connect.split(' ')[0] ?? '',
          [...connect.split(' ').slice(1), ...rest],
          {
            stdio: 'inherit',
            reject: false,
          },
        )
        if (inContainer.code === 'ENOENT') throw noPsql()
        return inContainer.exitCode ?? 2
      })
    })
}

function noPsql(): HarnessError {
  return new HarnessError('no-psql', 'psql is not on the PATH.', {
    hint: "Install Postgres' client tools, or connect with what you have: `rehearse clone` prints the connection string.",
  })
}
