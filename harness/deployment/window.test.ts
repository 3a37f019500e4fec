import { expect } from 'chai'
import { averageWeek, tableWeek, type WeeklyTraffic } from './traffic.ts'
import { findWindows, type WindowRequest } from './window.ts'
import { localTime } from './zone.ts'

const hourMs = 3_600_000
const zone = 'Europe/London'

/** A week of so many an hour, but for these hours of the week. */
function week(usual: number, others: Readonly<Record<number, number>>, timeZone = zone): WeeklyTraffic {
  const hours = Array.from({ length: 168 }, (_, hour) => others[hour] ?? usual)
  const days = Array.from({ length: 7 }, (_, day) => hours.slice(day * 24, day * 24 + 24))
  return tableWeek(days, timeZone, 'a table')
}

/** From Monday, 12 January 2026, for two weeks. */
const winter: WindowRequest = {
  earliestMs: Date.UTC(2026, 0, 12),
  latestMs: Date.UTC(2026, 0, 26),
  lengthMs: hourMs,
}
const iso = (windows: readonly { startMs: number }[]) =>
  windows.map(({ startMs }) => new Date(startMs).toISOString().slice(0, 16))

describe('the window', () => {
  it('is the quietest stretch, then those of other days, the earlier of two that are as quiet', () => {
    const traffic = week(100, { [2 * 24 + 3]: 10, [4 * 24 + 5]: 20 })
    const windows = findWindows(traffic, winter)
    expect(iso(windows)).to.deep.equal(['2026-01-14T03:00', '2026-01-21T03:00', '2026-01-16T05:00'])
    expect(windows[0]?.expected).to.be.closeTo(10, 1e-6)
    expect(windows[0]?.share).to.be.closeTo(0.101, 0.001)
  })

  it('is whole: it may begin between two quiet hours and never holds a busy quarter it could avoid', () => {
    const traffic = week(100, { 27: 10, 28: 10, 29: 10 })
    expect(iso(findWindows(traffic, { ...winter, lengthMs: 3 * hourMs }, 1))).to.deep.equal([
      '2026-01-13T03:00',
    ])
    // An hour and 50 minutes are two hours of whole quarters.
    const [window] = findWindows(traffic, { ...winter, lengthMs: 110 * 60_000 }, 1)
    expect((window?.endMs ?? 0) - (window?.startMs ?? 0)).to.equal(2 * hourMs)
  })

  it('may lie over the turn of the week', () => {
    const traffic = week(100, { 167: 1, 0: 1 })
    const [window] = findWindows(traffic, { ...winter, lengthMs: 2 * hourMs }, 1)
    expect(iso(window ? [window] : [])).to.deep.equal(['2026-01-18T23:00'])
    expect(window?.expected).to.be.closeTo(2, 1e-6)
  })

  it('begins neither before it may nor ends after', () => {
    const traffic = week(100, { 3: 1 })
    const request = { ...winter, earliestMs: Date.UTC(2026, 0, 12, 3, 1), latestMs: Date.UTC(2026, 0, 12, 6) }
    expect(iso(findWindows(traffic, request, 1))).to.deep.equal(['2026-01-12T03:15'])
    expect(findWindows(traffic, { ...request, lengthMs: 4 * hourMs })).to.deep.equal([])
  })

  it('keeps to the days and hours that are allowed, also over midnight', () => {
    const traffic = week(100, { 3: 1, [24 + 13]: 50, [5 * 24 + 3]: 1 })
    const days = [1, 2]
    const inOffice = { ...winter, days, hours: { from: 9 * 60, to: 18 * 60 } }
    expect(iso(findWindows(traffic, inOffice, 1))).to.deep.equal(['2026-01-13T13:00'])
    const atNight = { ...winter, hours: { from: 22 * 60, to: 4 * 60 } }
    for (const { startMs } of findWindows(week(100, {}), atNight, 9)) {
      const { minute } = localTime(startMs, zone)
      expect(minute >= 22 * 60 || minute <= 3 * 60).to.equal(true)
    }
    expect(
      findWindows(traffic, { ...winter, lengthMs: 7 * hourMs, hours: { from: 60, to: 300 } }),
    ).to.deep.equal([])
  })

  it('never holds a quarter of which nothing is known', () => {
    const day = Date.UTC(2026, 0, 14, 9)
    const traffic = averageWeek([{ startMs: day, endMs: day + hourMs, count: 60 }], zone, 'an hour')
    expect(iso(findWindows(traffic, winter))).to.deep.equal(['2026-01-14T09:00', '2026-01-21T09:00'])
    expect(findWindows(traffic, { ...winter, lengthMs: hourMs + 1 })).to.deep.equal([])
  })

  for (const [name, timeZone, sunday, change] of [
    ['leap forward', zone, Date.UTC(2026, 2, 29), Date.UTC(2026, 2, 29, 1)],
    ['fall back', zone, Date.UTC(2026, 9, 25), Date.UTC(2026, 9, 25, 1)],
    ['change by half an hour', 'Australia/Lord_Howe', Date.UTC(2026, 3, 4, 13), Date.UTC(2026, 3, 4, 15)],
  ] as const) {
    it(`is not near the hour when clocks ${name}, and by the clock before and after`, () => {
      // The quietest hour of every day is 02:00, which is there twice or not at all on that Sunday.
      const quiet = Object.fromEntries(Array.from({ length: 7 }, (_, day) => [day * 24 + 2, 1]))
      const request = {
        earliestMs: sunday - 3 * 86_400_000,
        latestMs: sunday + 4 * 86_400_000,
        lengthMs: hourMs,
      }
      const windows = findWindows(week(100, quiet, timeZone), request, 9)
      for (const { startMs, endMs } of windows) {
        expect(startMs >= change + 3 * hourMs || endMs < change - 3 * hourMs).to.equal(true)
      }
      const quietest = windows.filter(({ expected }) => expected < 2)
      expect(quietest).to.have.length.within(5, 6)
      expect(quietest.map(({ startMs }) => localTime(startMs, timeZone).minute)).to.deep.equal(
        quietest.map(() => 120),
      )
      const offsets = new Set(quietest.map(({ startMs }) => localTime(startMs, timeZone).offsetMinutes))
      expect(offsets.size).to.equal(2)
    })
  }
})
