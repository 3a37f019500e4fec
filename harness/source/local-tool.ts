import { startGroup } from '../runs/process-group.ts'
import type { Run } from '../runs/run.ts'
import type { DumpTool } from './dump-tool.ts'
import { dumpArguments, dumpFailed, libpqVariables } from './pg-dump.ts'
import type { Source } from './source.ts'

/** The pg_dump on PATH, in a process group that a later sweep finds when this program is killed. */
export function localTool(source: Source, version: string, run: Run): DumpTool {
  return {
    version,
    from: 'PATH',
    dump: async (directory, request) => {
      request.signal.throwIfAborted()
      const group = startGroup('pg_dump', dumpArguments(directory, request), {
        cwd: run.directory,
        environment: environmentFor(source),
        run,
      })
      const abort = () => void group.end()
      request.signal.addEventListener('abort', abort, { once: true })
      const ended = await group.ended
      request.signal.removeEventListener('abort', abort)
      run.untrack(group.pid)
      request.signal.throwIfAborted()
      if (ended !== 'code 0') throw dumpFailed(source, ended, group.output())
    },
    close: async () => {},
  }
}

/** Everything of ours but what libpq reads, for that would lead elsewhere. */
function environmentFor(source: Source): Record<string, string> {
  const { tls, connection } = source
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] => !entry[0].startsWith('PG') && entry[1] !== undefined,
  )
  return {
    ...Object.fromEntries(own.filter(([, value]) => !/^postgres(?:ql)?:/i.test(value))),
    ...libpqVariables(source),
    PGPASSWORD: connection.password,
    ...(tls.rootCertificate === undefined ? {} : { PGSSLROOTCERT: tls.rootCertificate }),
    ...(tls.certificate === undefined ? {} : { PGSSLCERT: tls.certificate }),
    ...(tls.key === undefined ? {} : { PGSSLKEY: tls.key }),
  }
}
