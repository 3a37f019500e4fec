import { expect } from 'chai'
import { layered, type Layer } from './config-layer.ts'

const layer = (settings: Layer['settings'], beneath: Layer['beneath'] = {}): Layer => ({
  database: 'shop',
  settings,
  beneath,
  directory: '/reports/shop',
})

describe('the settings of a fleet’s database', () => {
  it('lie over the config file, objects key by key', () => {
    const file = {
      engine: 'docker',
      masking: { rules: { 'users.email': 'email' } },
      migrate: { stallTimeout: '5s' },
      specs: ['a', 'b'],
    }
    const settings = { engine: 'embedded', migrate: { command: 'm' }, specs: ['c'] }
    expect(layered(file, layer(settings, { engine: 'external', parallel: 1 }), '/app')).to.deep.include({
      ...file,
      ...settings,
      migrate: { stallTimeout: '5s', command: 'm' },
      parallel: 1,
    })
  })

  it('replace a backup by a source, and a source by a backup', () => {
    expect(layered({ backup: 'x' }, layer({ source: 'env:A' }), '/app')).not.to.have.property('backup')
    expect(layered({ source: 'env:A' }, layer({ backup: 'x' }), '/app')).not.to.have.property('source')
    expect(layered({ backup: 'x' }, layer({}), '/app')).to.have.property('backup', 'x')
  })

  it('have a history of their own, as other databases are no comparison', () => {
    const history = (file: Parameters<typeof layered>[0], own: Layer['settings'] = {}) =>
      layered(file, layer(own), '/srv/app').history
    expect(history({})).to.deep.equal({ project: 'app/shop' })
    expect(history({ history: 'past' })).to.deep.equal({ path: 'past', project: 'app/shop' })
    expect(history({ history: { project: 'p', keep: 3 } })).to.deep.equal({ project: 'p/shop', keep: 3 })
    expect(history({ history: { project: 'p' } }, { history: { project: 'q' } })).to.deep.equal({
      project: 'q',
    })
  })

  it('have a certificate of their own where the config file asks for one', () => {
    const file = { certificate: { path: 'certificate.json', approvals: ['lead'] } }
    const path = '/reports/shop/certificate.json'
    expect(layered(file, layer({}), '/app').certificate).to.deep.equal({ path, approvals: ['lead'] })
    expect(layered(file, layer({ certificate: { path: 'own' } }), '/app').certificate?.path).to.equal('own')
    expect(layered({}, layer({}), '/app')).not.to.have.property('certificate')
  })
})
