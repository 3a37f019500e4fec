import { expect } from 'chai'
import { environmentProblem } from './environment-problem.ts'

describe('trouble around us', () => {
  const withCode = (code: string, message = 'x') => Object.assign(new Error(message), { code })
  const cases = [
    ['disk-full', withCode('ENOSPC')],
    ['disk-full', withCode('53100', 'could not extend file "base/1/2": No space left on device')],
    ['out-of-resources', withCode('53300', 'sorry, too many clients already')],
    ['server-lost', withCode('57P01', 'terminating connection due to administrator command')],
    ['server-lost', withCode('ECONNREFUSED')],
    ['server-lost', new Error('Connection terminated unexpectedly')],
    ['server-lost', new AggregateError([withCode('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1')], '')],
  ] as const

  for (const [code, error] of cases) {
    it(`${error.message || 'several errors'} is ${code}`, () => {
      expect(environmentProblem(error)?.code).to.equal(code)
    })
  }

  it('is no excuse for a defect of our own', () => {
    for (const error of [new TypeError('x is not a function'), withCode('42601', 'syntax error'), 'text']) {
      expect(environmentProblem(error)).to.equal(undefined)
    }
  })
})
