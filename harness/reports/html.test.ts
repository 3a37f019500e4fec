import { expect } from 'chai'
import { browser, openPage } from '../testing/browser.ts'
import { savedNames, savedRehearsal } from '../testing/golden.ts'
import { hostile } from '../testing/hostile.ts'
import { largeRehearsal } from '../testing/large-rehearsal.ts'
import { withTemporary } from '../testing/temporary.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { html } from './html.ts'
import { dark, light, type Palette } from './html/palette.ts'

const size = { migrations: 3, statements: 4, probes: 1_000 }
const sections = ['findings', 'timeline', 'migrations', 'data', 'specs', 'backup', 'limits', 'versions']

describe('html report', () => {
  for (const name of savedNames) {
    it(`of the rehearsal that is ${name} has its parts, and headings in order`, async () => {
      const page = html.render(await savedRehearsal(name))
      for (const section of sections)
        expect(page).to.contain(`<section id="${section}"`).and.contain(`href="#${section}"`)
      for (const landmark of ['<html lang="en">', '<header', '<nav', '<main', '<footer']) {
        expect(page.split(landmark), landmark).to.have.length(2)
      }
      const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level))
      expect(levels[0]).to.equal(1)
      levels.slice(1).forEach((level, index) => {
        expect(level, `heading ${index + 1}`).to.be.within(2, (levels[index] ?? 0) + 1)
      })
      const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
      expect(new Set(ids).size).to.equal(ids.length)
      for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).to.include(target)
    })
  }

  it('refers to nothing outside itself and runs nothing', async () => {
    const page = html.render(await savedRehearsal('failed'))
    expect(page).not.to.match(
      /<(script|iframe|object|embed|form|base)\b|\ssrc=|url\((?!#)|@import|https?:|\son\w+=|\sstyle=/i,
    )
    expect(page).to.contain('default-src &#39;none&#39;')
  })

  it('lets nothing of a database or spec become markup', async () => {
    const page = html.render(hostile(await savedRehearsal('failed')))
    expect(page).not.to.match(/<script|<img|<\/textarea|\p{Cc}(?<!\n)|\u202E/u)
    expect(page.match(/<\/style>/g)).to.have.length(1)
    expect(page.isWellFormed()).to.equal(true)
  })

  it('tells when everything happened, what clients felt and what deaths left', async () => {
    const small = await savedRehearsal('failed')
    const page = html.render(largeRehearsal(small, { ...size, findings: 10 }))
    for (const section of ['clients', 'timeline', 'crashes'])
      expect(page).to.contain(`<section id="${section}"`).and.contain(`href="#${section}"`)
    for (const fill of ['up', 'down', 'lock-all', 'unsure'])
      expect(page).to.contain(`<rect class="fill-${fill}"`)
    expect(page).to.match(/<path class="felt" d="M[\d.]+,/)
    expect(page).not.to.match(/NaN|undefined|Infinity/)
    expect(page).to.contain('8 deaths tried: 2 cannot be recovered from')
  })

  it('stays below 3 MB with 200 migrations, 2,000 statements and 100,000 probes', async () => {
    const small = await savedRehearsal('failed')
    const large = { migrations: 200, statements: 2_000, findings: 2_000, probes: 100_000 }
    expect(Buffer.byteLength(html.render(largeRehearsal(small, large)))).to.be.below(3_000_000)
  })

  for (const [name, palette] of Object.entries({ light, dark })) {
    it(`reads with contrast AA in ${name}`, () => {
      for (const [text, surface] of textPairs) {
        const ratio = contrast(palette[text], palette[surface])
        expect(ratio, `${text} on ${surface}`).to.be.at.least(4.5)
      }
      for (const fill of ['up', 'down', 'badText', 'unsureText'] as const) {
        expect(contrast(palette[fill], palette.surface), fill).to.be.at.least(3)
      }
    })
  }

  describe('in a browser', function () {
    before(function () {
      if (browser !== undefined) return
      console.log('    skipped: there is no Chromium here (CHROMIUM names one)')
      this.skip()
    })

    it('opens with nothing on the console and its style in force', async () => {
      for (const name of savedNames) {
        const { dom, console } = await opened(html.render(await savedRehearsal(name)))
        expect(console).to.deep.equal([])
        for (const section of sections) expect(dom).to.contain(`id="${section}"`)
      }
    })

    it('opens what a hostile database wrote without a request or a script', async () => {
      const { console } = await opened(html.render(hostile(await savedRehearsal('failed'))))
      expect(console).to.deep.equal([])
    })

    it('would have refused and said so, had markup come through', async () => {
      const page = html.render(await savedRehearsal('failed'))
      const broken = page.replace(
        '<main',
        '<script>alert(1)</script><img src="https://example.invalid/x"><main',
      )
      const { console } = await opened(broken)
      expect(console.join('\n'))
        .to.match(/Executing inline script violates/)
        .and.to.match(/Loading the image/)
    })
  })
})

async function opened(page: string) {
  return withTemporary(async (directory) => {
    const path = join(directory, 'report.html')
    await writeFile(path, page)
    return openPage(`file://${path}`)
  })
}

const surfaces = ['page', 'surface', 'sunken'] as const

const textPairs: readonly (readonly [keyof Palette, keyof Palette])[] = [
  ...surfaces.flatMap((surface) =>
    (['ink', 'muted', 'link'] as const).map((text) => [text, surface] as const),
  ),
  ...(['good', 'bad', 'unsure', 'calm'] as const).flatMap((tone) => [
    [`${tone}Text`, tone] as const,
    [`${tone}Text`, 'surface'] as const,
    [`${tone}Text`, 'page'] as const,
    ['ink', tone] as const,
  ]),
  ['badText', 'sunken'],
]

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
