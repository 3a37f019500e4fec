import { expect } from 'chai'
import { busyBetween, parseSamples, type TrafficSample } from './samples.ts'
import { averageWeek, quarterOfWeek } from './traffic.ts'
import { parseTrafficCsv } from './traffic-csv.ts'

const zone = 'Europe/London'
const at = (text: string) => Date.parse(`${text}:00Z`)

describe('traffic', () => {
  it('is averaged over weeks by local time, also where the clocks changed between them', () => {
    // 03:00 by the clock is 03:00 UTC in one week and 02:00 UTC in the next.
    const busy = [
      { startMs: at('2026-03-26T03:00'), endMs: at('2026-03-26T03:15'), count: 30 },
      { startMs: at('2026-04-02T02:00'), endMs: at('2026-04-02T02:15'), count: 60 },
    ]
    const { perMinute } = averageWeek(busy, zone, '')
    expect(perMinute[quarterOfWeek(at('2026-03-26T03:00'), zone)]).to.equal(3)
    expect(perMinute.filter((rate) => rate !== null)).to.have.length(1)
  })

  it('is spread over the quarters that a stretch touches', () => {
    const busy = [{ startMs: at('2026-01-14T03:10'), endMs: at('2026-01-14T03:35'), count: 50 }]
    const { perMinute } = averageWeek(busy, zone, '')
    expect(perMinute.filter((rate) => rate !== null)).to.deep.equal([2, 2, 2])
  })

  it('is read from CSV with and without a heading, zones and quotes, and rows that are missing', () => {
    const text =
      'time;requests\n"2026-01-14 03:00";10\n2026-01-14T04:00:00Z;20\n2026-01-14T05:00+00:00;30\n\n2026-01-14 08:00;40\n'
    expect(parseTrafficCsv(text, zone)).to.deep.equal([
      { startMs: at('2026-01-14T03:00'), endMs: at('2026-01-14T04:00'), count: 10 },
      { startMs: at('2026-01-14T04:00'), endMs: at('2026-01-14T05:00'), count: 20 },
      { startMs: at('2026-01-14T05:00'), endMs: at('2026-01-14T06:00'), count: 30 },
      { startMs: at('2026-01-14T08:00'), endMs: at('2026-01-14T09:00'), count: 40 },
    ])
    expect(parseTrafficCsv('2026-07-14 03:00,1\n2026-07-14 03:05,1', zone)[0]?.startMs).to.equal(
      at('2026-07-14T02:00'),
    )
  })

  for (const [what, text, told] of [
    ['a row that is none', '2026-01-14 03:00,1\n2026-01-14 04:00,many', 'line 2'],
    ['a negative count', 'time,count\n2026-01-14 03:00,-1', 'line 2'],
    ['one row alone', '2026-01-14 03:00,1', 'two rows'],
    ['nothing', '', 'two rows'],
  ] as const) {
    it(`is not read from CSV with ${what}`, () => {
      expect(() => parseTrafficCsv(text, zone)).to.throw(told)
    })
  }

  it('is what counters grew by between samples of one database, but over resets and gaps', () => {
    const sample = (time: string, transactions: number, more: Partial<TrafficSample> = {}) => ({
      at: `2026-01-14T${time}:00.000Z`,
      database: 'shop',
      transactions,
      resetAt: null,
      ...more,
    })
    const reset = { resetAt: '2026-01-14T00:00:00.000Z' }
    const samples = [
      sample('03:00', 100),
      sample('03:05', 160),
      sample('03:05', 9_000, { database: 'other' }),
      sample('03:10', 40),
      sample('03:15', 50),
      sample('03:20', 60, reset),
      sample('06:00', 90, reset),
    ]
    const text = samples.map((it) => JSON.stringify(it)).join('\n')
    expect(busyBetween(parseSamples(`${text}\n`))).to.deep.equal([
      { startMs: at('2026-01-14T03:00'), endMs: at('2026-01-14T03:05'), count: 60 },
      { startMs: at('2026-01-14T03:10'), endMs: at('2026-01-14T03:15'), count: 10 },
    ])
    expect(() => parseSamples(`${text}\n{"at":`)).to.throw('line 8')
  })
})
