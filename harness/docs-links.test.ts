import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { packageFile } from './docs.ts'

const names = (await readdir(packageFile('docs'))).filter((name) => name.endsWith('.md'))
const pages = ['README.md', 'CONTRIBUTING.md', 'harness/README.md', ...names.map((name) => `docs/${name}`)]

describe('pages', () => {
  it('have links that lead somewhere', async () => {
    const broken = []
    let links = 0
    for (const path of pages) {
      for (const link of linksOf(await readFile(packageFile(path), 'utf8'))) {
        links += 1
        const problem = await problemOf(path, link)
        if (problem !== undefined) broken.push(`${path}: ${link}: ${problem}`)
      }
    }
    expect(broken).to.deep.equal([])
    expect(links).to.be.above(50)
  })

  it('of the docs are all in their index', async () => {
    const links = linksOf(await readFile(packageFile('docs/README.md'), 'utf8'))
    expect(names.filter((name) => name !== 'README.md' && !links.includes(name))).to.deep.equal([])
  })

  it('would be found out', async () => {
    expect(await problemOf('docs/ci.md', 'nowhere.md')).to.equal('there is no such file')
    expect(await problemOf('docs/ci.md', 'history.md#nothing')).to.equal('there is no such heading')
    expect(await problemOf('README.md', 'docs/hazards.md#check-scan')).to.equal(undefined)
  })
})

/** Relative ones, without those in code. */
function linksOf(page: string): string[] {
  const prose = page.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, 'code')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
}

async function problemOf(from: string, link: string): Promise<string | undefined> {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? packageFile(from) : join(dirname(packageFile(from)), path)
  if (!existsSync(target)) return 'there is no such file'
  if (heading === undefined) return undefined
  const text = await readFile(target, 'utf8')
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchorOf(title))
  return headings.includes(heading) ? undefined : 'there is no such heading'
}

/** As GitHub makes them. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
