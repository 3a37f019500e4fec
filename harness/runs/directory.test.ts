import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runsDirectory } from './directory.ts'

describe('the directory of all runs', () => {
  it('has ext4 put its directories apart, where ext4 and chattr are there', async function () {
    if (spawnSync('lsattr', ['-d', '/']).error !== undefined) {
      console.log('      skipped: there is no lsattr (e2fsprogs)')
      return this.skip()
    }
    const home = await mkdtemp(join(tmpdir(), 'pg-rehearsal-test-'))
    const before = process.env['TMPDIR']
    try {
      execFileSync('chmod', ['755', home])
      const type = execFileSync('stat', ['--file-system', '--format=%T', home], { encoding: 'utf8' }).trim()
      process.env['TMPDIR'] = home
      const runs = await runsDirectory()
      expect(runs.startsWith(home)).to.equal(true)
      expect(await runsDirectory()).to.equal(runs)
      if (type !== 'ext2/ext3') {
        console.log(`      skipped: the temporary directory is on ${type}`)
        return this.skip()
      }
      expect(execFileSync('lsattr', ['-d', runs], { encoding: 'utf8' }).split(' ')[0]).to.contain('T')
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
      await rm(home, { recursive: true })
    }
  })
})
