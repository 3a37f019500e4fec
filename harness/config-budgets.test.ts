import { expect } from 'chai'
import { budgetsOf } from './config-budgets.ts'
import { deploymentOf } from './config-deployment.ts'
import { configSchema } from './config-schema.ts'

describe('budgets in the config file', () => {
  it('are read in their unit, with defaults', () => {
    const { budgets } = configSchema.parse({
      budgets: {
        stall: { max: '1.5s', severity: 'warning' },
        wal: { times: 2, of: 'median', slack: '500kB', last: 2 },
      },
    })
    expect(budgetsOf(budgets)).to.deep.equal([
      { name: 'stall', severity: 'warning', max: 1_500, relative: undefined },
      {
        name: 'wal',
        severity: 'error',
        max: undefined,
        relative: { times: 2, last: 2, atLeast: 2, slack: 500_000 },
      },
    ])
    expect(budgetsOf(undefined)).to.deep.equal([])
  })

  it('are refused when they say nothing, mix units, or are of no figure', () => {
    expect(() => budgetsOf({ wal: { max: '2s' }, stall: { max: '5MB' }, restore: {} }))
      .to.throw('`budgets.wal`')
      .with.property('message')
      .that.contains('`budgets.stall`')
      .and.contains('needs `max` or `times`')
    expect(() => budgetsOf({ wal: { times: 2, last: 2, atLeast: 3 } })).to.throw(
      '`atLeast` is more than `last`',
    )
    expect(configSchema.safeParse({ budgets: { wall: { max: '1MB' } } }).success).to.equal(false)
    expect(configSchema.safeParse({ budgets: { wal: { of: 'mean', times: 1 } } }).success).to.equal(false)
  })
})

describe('deployment in the config file', () => {
  it('is read with defaults', () => {
    const { deployment } = configSchema.parse({
      deployment: { timeZone: 'Europe/London', days: ['mon', 'sun'], hours: '22:00-24:00', traffic: 't.csv' },
    })
    const settings = deploymentOf('/app', deployment)
    expect(settings).to.deep.include({ days: [0, 6], hours: { from: 1_320, to: 0 }, margin: 3 })
    expect(settings.traffic).to.deep.equal({ kind: 'file', path: '/app/t.csv' })
  })

  it('is refused with a time zone or hours that are none, or a table that is not a whole week', () => {
    expect(() => deploymentOf('/', { timeZone: 'Mars/Olympus' })).to.throw('Mars/Olympus')
    expect(() => deploymentOf('/', { hours: 'at night' })).to.throw('at night')
    const day = Array.from({ length: 24 }, () => 1)
    expect(configSchema.safeParse({ deployment: { traffic: { mon: day } } }).success).to.equal(false)
  })
})
