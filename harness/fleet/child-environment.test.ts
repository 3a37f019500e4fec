import { expect } from 'chai'
import { configSchema } from '../config-schema.ts'
import { HarnessError } from '../errors.ts'
import { settings } from '../settings.ts'
import { childEnvironment, ofVariablesAlone, places } from './child-environment.ts'

const given = {
  PATH: '/bin',
  REHEARSAL_BACKUP: 'one.dump',
  REHEARSAL_SOURCE_URL: 'postgresql://x',
  REHEARSAL_MIGRATE_COMMAND: 'm',
  REHEARSAL_ENGINE: 'docker',
  REHEARSAL_CERTIFICATE: 'certificate.json',
  SALT_A: 'a-long-random-secret',
}

describe('the environment of a fleet’s database', () => {
  it('has no variable that would beat a setting of the database', () => {
    const of = (settings: object) =>
      childEnvironment({ name: 'a', priority: 0, settings }, given, '/reports/a')
    expect(of({})).to.deep.equal({ ...given, REHEARSAL_CERTIFICATE: '/reports/a/certificate.json' })
    const other = of({ backup: 'b', migrate: { command: 'n' }, certificate: { path: 'own' } })
    expect(other).to.deep.include({
      PATH: '/bin',
      REHEARSAL_ENGINE: 'docker',
      REHEARSAL_BACKUP: '',
      REHEARSAL_SOURCE_URL: '',
      REHEARSAL_MIGRATE_COMMAND: '',
      REHEARSAL_CERTIFICATE: '',
    })
  })

  it('is known of every setting: by its name in the config file, by its place there, or not at all', () => {
    const unknown = settings.filter(
      ({ key }) => !(key in configSchema.shape) && !(key in places) && !ofVariablesAlone.includes(key),
    )
    expect(unknown.map(({ key }) => key)).to.deep.equal([])
  })

  it('has the variables that the fleet file names for it, from ours', () => {
    const database = {
      name: 'a',
      priority: 0,
      settings: {},
      environment: { REHEARSAL_MASKING_SALT: 'SALT_A' },
    }
    expect(childEnvironment(database, given, '/reports/a')).to.have.property(
      'REHEARSAL_MASKING_SALT',
      given.SALT_A,
    )
    const { SALT_A: _, ...without } = given
    expect(() => childEnvironment(database, without, '/reports/a')).to.throw(HarnessError, 'SALT_A, which')
  })
})
