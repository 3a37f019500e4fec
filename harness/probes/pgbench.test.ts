import { expect } from 'chai'
import { evaluate, filledIn } from './evaluate.ts'
import { parsePgbench } from './pgbench.ts'
import type { TrafficStep } from './traffic-plan.ts'

describe('pgbench scripts', () => {
  it('become statements, settings and pauses in their order', () => {
    const steps = parsePgbench(`-- one; order
\\set customer 1 + 2 * (10 - 3) / 2 % 4
\\set share :customer * -1
\\sleep 20 ms
begin;
insert into orders values (:customer, ':', 'a;b',
  '2025-01-01'::date, $x$;:customer$x$); select /* ; */ 12:30; end`)
    expect(steps.map((step) => (step.kind === 'sql' ? step.sql : step.kind))).to.deep.equal([
      'set',
      'set',
      'sleep',
      'begin',
      "insert into orders values (:customer, ':', 'a;b',\n  '2025-01-01'::date, $x$;:customer$x$)",
      'select /* ; */ 12:30',
      'end',
    ])
    const values = new Map<string, number>()
    for (const step of steps)
      if (step.kind === 'set') values.set(step.variable, evaluate(step.expression, values))
    expect([...values]).to.deep.equal([
      ['customer', 4],
      ['share', -4],
    ])
    const insert = steps[4] as Extract<TrafficStep, { kind: 'sql' }>
    expect(filledIn(insert, values)).to.contain('values (4,').and.contain("'2025-01-01'::date")
  })

  it('draw every whole number between both ends', () => {
    const [set] = parsePgbench('\\set n random(:client_id, 3)\nselect :n;')
    if (set?.kind !== 'set') throw new Error('no \\set')
    const drawn = new Set(
      Array.from({ length: 300 }, () => evaluate(set.expression, new Map([['client_id', 1]]))),
    )
    expect([...drawn].toSorted()).to.deep.equal([1, 2, 3])
  })

  for (const [script, words] of [
    ['\\gset\nselect 1;', 'line 1: \\gset is not supported'],
    ['select 1;\n\\if true', 'line 2: \\if is not supported'],
    ['select 1\n\\set a 1', 'line 2: the SQL statement before it has no ;'],
    ['\\set a random_gaussian(1, 2, 3)\nselect 1;', 'random_gaussian is not supported'],
    ['\\set a :scale * 2\nselect 1;', 'the variable :scale is not set'],
    ['\\set a 1.5\nselect 1;', '1.5 is not supported'],
    ['\\set a random(1 2)\nselect 1;', 'expected , and found 2'],
    ['\\set a (1 + 2\nselect 1;', 'expected ) and found the end'],
    ['\\sleep :a\nselect 1;', '\\sleep needs a number'],
    ['-- nothing\n', 'no SQL statement'],
  ] as const) {
    it(`are refused with a reason: ${JSON.stringify(script)}`, () => {
      expect(() => parsePgbench(script)).to.throw(words)
    })
  }
})
