import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { withTemporary } from '../testing/temporary.ts'
import { readFleet } from './fleet-file.ts'
import type { Fleet } from './fleet.ts'

describe('a fleet file', () => {
  it('lists databases over shared defaults, beside those of a command', async () => {
    const fleet = await read(`
defaults:
  engine: embedded
  ask: [none]
  backup: shared.dump
  migrate: { stallTimeout: 20s }
  history: shared-history
  environment: { REHEARSAL_MASKING_SALT: SALT }
databases:
  - name: shop
    priority: 2
    migrate: { command: ./migrate shop }
    history: { project: shop }
  - { name: live, source: 'env:LIVE_URL', environment: { PGPASSFILE: LIVE_PASS } }
list:
  command: |
    printf '%s\\n' '{"name":"tenant-7","major":16}' '{"name":"tenant-8","major":17}'
  each:
    backup: /backups/{name}.dump
    postgres: '{major}'
    app: { command: 'run {name}', readyUrl: 'http://127.0.0.1:{port}/{name}' }
parallel: 3
canary: [shop, tenant-8]
timeout: 90s
outliers: 40
`)
    expect(fleet).to.deep.equal({
      databases: [
        database('shop', {
          priority: 2,
          settings: {
            ...shared,
            backup: 'shared.dump',
            migrate: { stallTimeout: '20s', command: './migrate shop' },
            history: { path: 'shared-history', project: 'shop' },
          },
        }),
        database('live', {
          settings: { ...shared, source: 'env:LIVE_URL' },
          environment: { REHEARSAL_MASKING_SALT: 'SALT', PGPASSFILE: 'LIVE_PASS' },
        }),
        ...[7, 8].map((tenant) =>
          database(`tenant-${tenant}`, {
            settings: {
              ...shared,
              backup: `/backups/tenant-${tenant}.dump`,
              postgres: tenant + 9,
              app: {
                command: `run tenant-${tenant}`,
                readyUrl: `http://127.0.0.1:{port}/tenant-${tenant}`,
              },
            },
          }),
        ),
      ],
      canary: ['shop', 'tenant-8'],
      parallel: 3,
      timeoutMs: 90_000,
      outlierFactor: 40,
    } satisfies Fleet)
  })
})

const shared = {
  engine: 'embedded',
  ask: ['none'],
  migrate: { stallTimeout: '20s' },
  history: { path: 'shared-history' },
}

function database(name: string, more: Partial<Fleet['databases'][number]>): Fleet['databases'][number] {
  return { name, priority: 0, settings: {}, environment: { REHEARSAL_MASKING_SALT: 'SALT' }, ...more }
}

async function read(text: string): Promise<Fleet> {
  return await withTemporary(async (cwd) => {
    await writeFile(join(cwd, 'fleet.yaml'), text)
    return await readFleet('fleet.yaml', cwd, { environment: { PATH: process.env['PATH'] } })
  })
}
