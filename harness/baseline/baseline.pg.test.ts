import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadPlan } from '../config.ts'
import { packageFile } from '../docs.ts'
import type { Server } from '../engines/engine.ts'
import { HarnessError } from '../errors.ts'
import { createRedactor } from '../redact.ts'
import { dockerTools } from '../testing/dump.ts'
import { kitchenSink } from '../testing/kitchen-sink.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import { withTemporary } from '../testing/temporary.ts'
import { describeBaseline, type Baseline, type BaselineRequest } from './baseline.ts'

const everything = { schema: 'schema.sql', document: 'ARCHITECTURE.md', migration: 'auto' }

for (const testServer of testServers.filter(({ engine }) => engine === 'docker')) {
  describe(`the baseline of every kind of object, on ${testServer.title}`, () => {
    let server: Server

    before(async function () {
      server = await serverOrSkip(testServer, this)
    })

    it('is a migration proved exact, SQL that stays the same, and a section of a document', async () => {
      await withTemporary(async (project) => {
        await makeProject(server, project)
        const first = await baselineOf(project, everything)
        expect(first.notes).to.deep.equal([])
        // That it was returned means that it ran, and made an equal catalog, in both databases.
        const [schema, document, migration] = first.files.map(({ text }) => text)
        expect(first.files.map(({ path }) => path.slice(project.length + 1))).to.deep.equal([
          'schema.sql',
          'ARCHITECTURE.md',
          'migrations/0000_baseline.ts',
        ])
        expect(schema)
          .to.include('CREATE TABLE shop.titles')
          .and.not.match(/Dumped|\\restrict/)
        expect(migration)
          .to.include('to_regclass(name)')
          .and.include("'shop.titles'")
          .and.include('REFRESH MATERIALIZED VIEW')
        expect(document).to.include('Kept by hand.').and.include('### `shop.titles`').and.include('erDiagram')

        for (const { path, text } of first.files) {
          await mkdir(join(path, '..'), { recursive: true })
          await writeFile(path, text)
        }
        const second = await baselineOf(project, everything)
        expect(second.files.map(({ current }) => current)).to.deep.equal([true, true])
        expect(second.notes[0]).to.match(/migrations has 1 migration, and a baseline comes before the first/)
      })
    })
  })
}

describe('a baseline', () => {
  it('is refused where a file would be overwritten or lose what somebody wrote', async () => {
    await withTemporary(async (project) => {
      await writeFile(join(project, 'package.json'), '{}')
      const only = { schema: undefined, document: undefined, migration: undefined }
      const codeOf = async (request: BaselineRequest) =>
        await baselineOf(project, request).then(
          () => undefined,
          (error: unknown) => (error instanceof HarnessError ? error.code : error),
        )
      await writeFile(join(project, 'ARCHITECTURE.md'), '<!-- pg-rehearsal:schema:begin -->\nmine')
      expect(await codeOf({ ...only, document: 'ARCHITECTURE.md' })).to.equal('document-markers-damaged')
      expect(await codeOf({ ...only, migration: 'package.json' })).to.equal('baseline-exists')
      expect(await readFile(join(project, 'ARCHITECTURE.md'), 'utf8')).to.match(/mine$/)
    })
  })
})

async function makeProject(server: Server, project: string): Promise<void> {
  const tools = await dockerTools(server)
  if (tools === undefined) throw new Error('no docker command line')
  await tools.dump(await kitchenSink(server), 'custom', project)
  await symlink(packageFile('node_modules'), join(project, 'node_modules'))
  await writeFile(join(project, 'package.json'), '{"type":"module"}')
  await writeFile(join(project, 'ARCHITECTURE.md'), '# Ours\n\nKept by hand.\n')
}

async function baselineOf(project: string, request: BaselineRequest): Promise<Baseline> {
  const plan = await loadPlan({
    cwd: project,
    flags: { backup: 'backup.custom', engine: 'docker' },
    configFile: undefined,
    environment: { REHEARSAL_SNAPSHOTS: 'off' },
  })
  const { signal } = new AbortController()
  return await describeBaseline(plan, request, { observe: () => {}, signal, redactor: createRedactor() })
}
