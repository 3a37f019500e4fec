import type { BackupFormat } from './backup-format.ts'
import { createdAtOf, describeFiles } from './directory.ts'
import { checkPgRestore, pgRestore } from './pg-restore.ts'
import { withProgress } from './with-progress.ts'

/** `pg_dump -Ft`: read by pg_restore from its stdin. */
export const tar: BackupFormat = {
  name: 'tar',
  description: 'pg_dump --format=tar',
  recognises: (_head, members) => members?.kind === 'stream',
  createdAt: createdAtOf,
  describe: async (file, migrationTable) => ({
    ...(await describeFiles(file, migrationTable)),
    format: 'tar',
  }),
  checkTools: checkPgRestore,
  restore: async (request) =>
    await pgRestore(request, () => ({
      args: ['--format=tar'],
      stdin: request.file.open(withProgress(request.onProgress)),
    })),
}
