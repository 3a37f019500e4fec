import { expect } from 'chai'
import { instantOf, isTimeZone, localTime } from './zone.ts'

describe('time zones', () => {
  for (const [text, zone, utc] of [
    ['2026-01-15 02:30', 'Europe/London', '2026-01-15T02:30:00Z'],
    ['2026-07-15T02:30:15', 'Europe/London', '2026-07-15T01:30:15Z'],
    ['2026-01-15 02:30', 'Asia/Kolkata', '2026-01-14T21:00:00Z'],
    ['2026-01-15 02:30', 'America/Los_Angeles', '2026-01-15T10:30:00Z'],
    ['2026-01-15 02:30', 'Pacific/Kiritimati', '2026-01-14T12:30:00Z'],
    // Left out: clocks leap from 01:00 to 02:00.
    ['2026-03-29 01:30', 'Europe/London', '2026-03-29T01:30:00Z'],
    // Shown twice: the first time.
    ['2026-10-25 01:30', 'Europe/London', '2026-10-25T00:30:00Z'],
    ['2026-10-25 02:00', 'Europe/London', '2026-10-25T02:00:00Z'],
  ] as const) {
    it(`${text} in ${zone} is ${utc}`, () => {
      expect(new Date(instantOf(text, zone)).toISOString()).to.equal(new Date(utc).toISOString())
    })
  }

  it('know weekday, minute and offset', () => {
    expect(localTime(Date.UTC(2026, 9, 25, 0, 59, 59, 999), 'Europe/London')).to.deep.equal({
      year: 2026,
      month: 10,
      day: 25,
      weekday: 6,
      minute: 119,
      offsetMinutes: 60,
    })
    expect(localTime(Date.UTC(2026, 9, 25, 1), 'Europe/London')).to.include({ minute: 60, offsetMinutes: 0 })
  })

  it('are known to Intl, or none', () => {
    expect([isTimeZone('Europe/London'), isTimeZone('Mars/Olympus'), isTimeZone('')]).to.deep.equal([
      true,
      false,
      false,
    ])
    expect(instantOf('soon', 'UTC')).to.satisfy(Number.isNaN)
  })
})
