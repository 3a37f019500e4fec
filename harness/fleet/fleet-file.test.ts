import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { errorOf } from '../testing/error-of.ts'
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

  it('takes names a line, JSON texts and JSON objects from a command', async () => {
    const outputs = {
      [String.raw`printf 'a\n\n  b\n'`]: ['a', 'b'],
      [`echo '["a", "b", 3, {"name":4}]'`]: ['a', 'b', '3', '4'],
      [`echo '{"name":"a"}'`]: ['a'],
      [String.raw`printf '%s\n' '{"name":"a"}' '{"name":"b"}'`]: ['a', 'b'],
    }
    for (const [command, names] of Object.entries(outputs)) {
      const fleet = await read(`list: { command: ${JSON.stringify(command)} }`)
      expect(
        fleet.databases.map(({ name }) => name),
        command,
      ).to.deep.equal(names)
    }
  })

  const problems = [
    {
      text: 'databases:\n  - name: a\n    bakup: x',
      told: ['fleet.yaml:3', 'databases[0] knows no "bakup"'],
    },
    { text: 'parralel: 2\ndatabases: []', told: ['fleet.yaml:1', 'the file knows no "parralel"'] },
    { text: 'databases:\n  - name: a\n  - name: A', told: ['fleet.yaml:3', 'the name "A" is there twice'] },
    { text: 'databases: [{ name: a/b }]', told: ['fleet.yaml:1', 'databases[0].name', 'fit for a folder'] },
    { text: 'databases: [{ name: .hidden }]', told: ['fit for a folder'] },
    { text: 'databases: [{ name: fleet.html }]', told: ['none of the fleet’s own reports'] },
    { text: 'databases: [{ name: a, reports: { html: x } }]', told: ['databases[0] knows no "reports"'] },
    {
      text: 'defaults:\n  migrate:\n    stallTimeout: soon',
      told: ['fleet.yaml:3', 'expected a time such as'],
    },
    { text: 'canary: some\ndatabases: [{ name: a }]', told: ['a number of databases, or a list of names'] },
    { text: 'canary: [b]\ndatabases: [{ name: a }]', told: ['fleet.yaml:1', 'no database has the name "b"'] },
    { text: 'list: { command: ls, query: select 1 }', told: ['either `command` or `query`'] },
    { text: 'list: { query: select 1 }', told: ['expected `urlVariable`'] },
    {
      text: 'list:\n  command: echo a\n  each:\n    backp: x',
      told: ['fleet.yaml:4', 'list.each knows no "backp"'],
    },
    {
      text: 'list:\n  command: echo a\n  each:\n    backup: "{path}"',
      told: ['fleet.yaml:4', 'row 1 of the list', '{path}', 'which are name'],
    },
    {
      text: `list:\n  command: echo '{"name":"a","db":"x; rm -rf /"}'\n  each:\n    migrate: { command: 'm {db}' }`,
      told: ['fleet.yaml:4', 'a shell would not take for one word'],
    },
    { text: 'list: { command: "echo a; echo a/b" }', told: ['row 2 of the list', 'fit for a folder'] },
    { text: 'databases: [{ name: a', told: ['fleet.yaml:1'] },
    {
      text: 'databases:\n  - name: a\n    source: postgresql://u:secret@db/x',
      told: ['fleet.yaml:3', 'databases.0.source', 'env:NAME'],
      hidden: 'secret',
    },
    { text: 'list: { command: "echo oops >&2; exit 3" }', told: ['could not be listed', 'oops'] },
    { text: 'list: { command: "true" }', told: ['lists no database'] },
    { text: 'databases: [{}]', told: ['databases[0].name', 'expected string'] },
    { text: '', told: ['lists no database'] },
  ]
  for (const { text, told, hidden } of problems) {
    it(`is refused: ${text.replaceAll('\n', ' ⏎ ')}`, async () => {
      const error = await errorOf(read(text))
      for (const words of told) expect(error.message).to.contain(words)
      if (hidden !== undefined) expect(`${error.message}${error.hint}`).not.to.contain(hidden)
    })
  }
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
