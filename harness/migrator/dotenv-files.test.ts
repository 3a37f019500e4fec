import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readDotenvFiles } from './dotenv-files.ts'

describe('dotenv files', () => {
  it('are read in order, templates left out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dotenv-test-'))
    const files = { '.env.local': 'A=2', '.env': 'A=1\nB="x y"', '.env.example': 'A=0', '.envrc': 'A=9' }
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    expect(await readDotenvFiles(folder)).to.deep.equal([{ A: '1', B: 'x y' }, { A: '2' }])
    await rm(folder, { recursive: true })
    expect(await readDotenvFiles(folder)).to.deep.equal([])
  })
})
