import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { generatedFiles, packageFile } from './docs.ts'

describe('generated files', () => {
  it('are current (else run `npm run docs`)', async () => {
    for (const [path, content] of await generatedFiles()) {
      expect(await readFile(packageFile(path), 'utf8'), path).to.equal(content)
    }
  })
})
