import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { engineOrSkip, runProgram, startProgram } from './testing/program.ts'
import { withTemporary } from './testing/temporary.ts'

/** Large enough for a look at what was written to: 80 MB in one table, and a small one. */
const backup = (unique: string) => `-- PostgreSQL database dump
-- Dumped from database version 17.2
-- Dumped by pg_dump version 17.2
-- ${unique}
CREATE TABLE public.large (id integer PRIMARY KEY, note text);
INSERT INTO public.large SELECT n, repeat('x', 1900) FROM generate_series(1, 40000) n;
CREATE TABLE public.small (id integer PRIMARY KEY, note text);
INSERT INTO public.small VALUES (1, 'a');
-- PostgreSQL database dump complete
`

const specs = `import { ok } from 'node:assert'
describe('the app', () => { it('is there', () => ok(process.env.DATABASE_URL)) })
`

for (const engine of ['embedded', 'docker'] as const) {
  describe(`rehearsals of tables that migrations leave alone, ${engine} engine`, function () {
    this.timeout(120_000)

    before(async function () {
      await engineOrSkip(engine, this)
    })

    it('do not read them again, nor digest the same snapshot twice, and find what hides from the counters', () =>
      withTemporary(async (cwd) => {
        await writeFile(join(cwd, 'backup.sql'), backup(cwd))
        await writeFile(join(cwd, 'app.spec.ts'), specs)
        const env = {
          REHEARSAL_STATE: join(cwd, 'state'),
          XDG_CACHE_HOME: join(cwd, 'cache'),
          REHEARSAL_SNAPSHOTS: 'auto',
        }
        const rehearse = async (up: string, down: string) => {
          await writeFile(join(cwd, 'up.sql'), up)
          await writeFile(join(cwd, 'down.sql'), down)
          const psql = 'psql -qX -v ON_ERROR_STOP=1 -f'
          const commands = ['--migrate-command', `${psql} up.sql`, '--rollback-command', `${psql} down.sql`]
          const where = ['--backup', 'backup.sql', '--specs', 'app.spec.ts', '--engine', engine]
          return await runProgram([...where, ...commands], { cwd, env })
        }
        const idsOf = ({ rehearsal }: Awaited<ReturnType<typeof rehearse>>) =>
          rehearsal?.findings
            .filter(({ severity }) => severity === 'error')
            .map(({ id, subject }) => `${id} ${subject}`)
        try {
          const first = await rehearse(
            `alter table small add flag boolean; update small set note = 'a'`,
            'alter table small drop flag',
          )
          expect(first.rehearsal?.verdict, first.stderr).to.equal('passed')
          const { baselineTakenAt, ...compared } = first.rehearsal?.dataCompared ?? {}
          const alone = { read: 1, untouched: 1 }
          expect(compared).to.deep.equal({ afterMigrating: alone, afterRollback: alone })
          const said = first.rehearsal?.stages.find(({ name }) => name === 'verify-data')?.summary
          expect(said).to.equal('2 tables compared, 1 of them untouched and not read again: no difference')

          const second = await rehearse(
            `set track_counts = off; alter table small add flag boolean; update large set note = 'y' where id = 7`,
            'alter table small drop flag',
          )
          expect(second.rehearsal?.dataCompared).to.deep.equal({
            baselineTakenAt,
            afterMigrating: { read: 2, untouched: 0 },
            // A column that came and went without a row being written is no change.
            afterRollback: { read: 1, untouched: 1 },
          })
          const baseline = second.rehearsal?.stages.find(({ name }) => name === 'baseline')?.summary
          expect(baseline).to.match(/2 tables, 40,001 rows, digests stored with the snapshot 20/)
          expect(idsOf(second)).to.include('data-changed public.large.note')
        } finally {
          for (const key of await readdir(join(cwd, 'state', 'used')))
            await startProgram(['snapshots', 'rm', key], { cwd, env })
        }
        expect(await readdir(join(cwd, 'state', 'digests'))).to.deep.equal([])
      }))
  })
}
