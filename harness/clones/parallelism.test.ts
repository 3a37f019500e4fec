import { expect } from 'chai'
import type { Server } from '../engines/engine.ts'
import { parallelismOf } from './parallelism.ts'
import { templateClones } from './template-clones.ts'

describe('clones at work at once', () => {
  it('are as many as were asked for, also one', () => {
    expect(parallelismOf('server', 1)).to.equal(1)
    expect(parallelismOf('database', 9)).to.equal(9)
    expect(templateClones({} as Server, 'restored', 1).parallelism).to.equal(1)
  })

  it('are between one and four when nobody asked', () => {
    expect(parallelismOf('server', undefined)).to.be.within(1, 4)
    expect(parallelismOf('database', undefined)).to.be.within(1, 4)
  })
})
