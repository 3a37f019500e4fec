import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { renderIcs, type Invitation } from './ics.ts'

const invitation: Invitation = {
  uid: 'deployment-r1@pg-rehearsal',
  startMs: Date.UTC(2026, 2, 29, 4, 15),
  endMs: Date.UTC(2026, 2, 29, 4, 45),
  writtenMs: Date.UTC(2026, 2, 20, 9, 30, 15, 250),
  title: 'Deployment; shop, 2 "migrations" \\ BEGIN:VEVENT',
  description: `Grüße 👍${'é'.repeat(120)}\nEND:VCALENDAR\r\n\u0007001_first, ${'x'.repeat(200)}`,
}

describe('an invitation', () => {
  it('has lines of 75 octets at most that end in CRLF and break no character', () => {
    const lines = renderIcs(invitation).split('\r\n')
    expect(lines.pop()).to.equal('')
    for (const line of lines) {
      expect(Buffer.byteLength(line), line).to.be.at.most(75)
      for (const bad of ['\n', '\r', '\u0007', '\uFFFD']) expect(line.includes(bad)).to.equal(false)
    }
    const unfolded = lines.join('\n').replaceAll('\n ', '').split('\n')
    expect(unfolded.filter((line) => line === 'END:VCALENDAR')).to.have.length(1)
    for (const line of [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'UID:deployment-r1@pg-rehearsal',
      'DTSTAMP:20260320T093015Z',
      'DTSTART:20260329T041500Z',
      'DTEND:20260329T044500Z',
      'SUMMARY:Deployment\\; shop\\, 2 "migrations" \\\\ BEGIN:VEVENT',
      'STATUS:TENTATIVE',
    ]) {
      expect(unfolded).to.contain(line)
    }
  })

  it('says to a calendar what it was given', async function () {
    const parser = await icalParser()
    if (parser === undefined) {
      console.log('    skipped: the package ical.js, which reads calendars, is not installed')
      return this.skip()
    }
    const calendar = new parser.Component(parser.parse(renderIcs(invitation)))
    const event = new parser.Event(calendar.getFirstSubcomponent('vevent'))
    expect(event.uid).to.equal(invitation.uid)
    expect(event.summary).to.equal(invitation.title)
    expect(event.description).to.equal(invitation.description.replaceAll('\r', '').replaceAll('\u0007', ''))
    expect(event.startDate.toJSDate().getTime()).to.equal(invitation.startMs)
    expect(event.endDate.toJSDate().getTime()).to.equal(invitation.endMs)
  })
})

interface Parser {
  parse(text: string): unknown
  Component: new (parsed: unknown) => { getFirstSubcomponent(name: string): unknown }
  Event: new (component: unknown) => {
    readonly uid: string
    readonly summary: string
    readonly description: string
    readonly startDate: { toJSDate(): Date }
    readonly endDate: { toJSDate(): Date }
  }
}

async function icalParser(): Promise<Parser | undefined> {
  try {
    const path = createRequire(import.meta.url).resolve('ical.js')
    return (await import(pathToFileURL(path).href)).default
  } catch {
    return undefined
  }
}
