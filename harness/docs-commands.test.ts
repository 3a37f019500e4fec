import { readdir, readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { packageFile } from './docs.ts'
import { refusalOf } from './testing/refusal.ts'
import { rehearseCalls, shellOf } from './testing/shell-commands.ts'

const pages = ['README.md', ...(await readdir(packageFile('docs'))).map((name) => `docs/${name}`)].filter(
  (path) => path.endsWith('.md'),
)

describe('commands in the docs', () => {
  for (const path of pages) {
    it(`of ${path} are those of the program`, async () => {
      const shells = shellOf(await readFile(packageFile(path), 'utf8'))
      const refused = shells
        .flatMap(rehearseCalls)
        .map((words) => [`rehearse ${words.join(' ')}`, refusalOf(words.map(example))])
        .filter(([, refusal]) => refusal !== undefined)
      expect(refused).to.deep.equal([])
    })
  }

  const calls: [string, string[][]][] = [
    ['    $ npx rehearse inspect PATH [--json]\n', [['inspect', 'PATH', '--json']]],
    [
      '```sh\nrehearse run --ask all \\\n  --report "html=$X/a b.html" # said\n```\n',
      [['run', '--ask', 'all', '--report', 'html=$X/a b.html']],
    ],
    ['Say `rehearse gate CERT && npm run migrate` to rehearse run and run.', [['gate', 'CERT']]],
    [
      '    rehearse snapshots rm 1f2e3d             remove one, by its key\n',
      [['snapshots', 'rm', '1f2e3d']],
    ],
    [
      '```sh\nREHEARSAL_KEY="$(cat a)" npx rehearse approve x --as lead\n```\n',
      [['approve', 'x', '--as', 'lead']],
    ],
    ['```sh\nREHEARSAL_HISTORY=off rehearse run              # nothing\n```\n', [['run']]],
    [
      '    rehearse run --backup b/$(ls -t b | head -1) --keep\n',
      [['run', '--backup', 'b/$OUTPUT', '--keep']],
    ],
    ['    npm ci && npm run rehearse      # restores\n', []],
  ]
  for (const [page, expected] of calls) {
    it(`are found in ${JSON.stringify(page)}`, () => {
      expect(shellOf(page).flatMap(rehearseCalls)).to.deep.equal(expected)
    })
  }

  const refusals: [string, RegExp | undefined][] = [
    ['run --ask all --keep', undefined],
    ['run --help', undefined],
    ['snapshots', undefined],
    ['snapshots prune --keep-last 3', undefined],
    ['clone --backup x --ttl 4h', undefined],
    ['shell -- -c select', undefined],
    ['rehears --keep', /no command/],
    ['run --asks all', /unknown option '--asks'/],
    ['run --report', /argument missing/],
    ['snapshots prune --keep 3', /unknown option/],
    ['report saved.json --format word', /Allowed choices/],
    ['gate one two', /too many arguments/],
  ]
  for (const [words, expected] of refusals) {
    it(`are ${expected === undefined ? 'taken' : 'refused'}: ${words}`, () => {
      const refusal = refusalOf(words.split(' '))
      if (expected === undefined) expect(refusal).to.equal(undefined)
      else expect(refusal).to.match(expected)
    })
  }
})

/** A value for what a page leaves open: a number is checked at once. */
function example(word: string): string {
  return word === 'N' ? '4' : word
}
