import { expect } from 'chai'
import { maskingOf } from '../config-values.ts'
import { maskingKey } from './masking-plan.ts'
import { readyRules, ruleNames } from './rules/index.ts'

describe('the masking plan', () => {
  const salt = 'sixteen characters'

  it('takes names of rules and expressions, and refuses what is neither', () => {
    const rules = { 'users.email': 'email', 'users.note': { sql: 'null' } }
    expect(maskingOf({ rules }, {})).to.deep.equal({ rules, required: false, salt: undefined })
    expect(() => maskingOf({ rules: { 'users.email': 'e-mail' } }, {})).to.throw(
      /"e-mail" of users\.email is none of email, name/,
    )
  })

  it('lets a flag beat the file, and refuses a salt that could be guessed', () => {
    expect(maskingOf({ requireMasking: true }, { requireMasking: '0' }).required).to.equal(false)
    expect(maskingOf(undefined, { requireMasking: '1', maskingSalt: salt })).to.include({
      required: true,
      salt,
    })
    expect(() => maskingOf(undefined, { maskingSalt: 'short' })).to.throw(/16 characters/)
  })

  it('has a key that its rules and salt alone decide', () => {
    const plan = { rules: { a: 'email', b: { sql: 'x' } }, required: false, salt: undefined } as const
    const other = { ...plan, rules: { b: { sql: 'x' }, a: 'email' } } as const
    expect(maskingKey(plan)).to.match(/^[0-9a-f]{64}$/)
    expect(maskingKey({ ...other, required: true })).to.equal(maskingKey(plan))
    const keys = [
      maskingKey({ ...plan, salt }),
      maskingKey({ ...plan, rules: { a: 'email', b: { sql: 'y' } } }),
      maskingKey(plan),
    ]
    expect(new Set(keys).size).to.equal(3)
    expect(maskingKey({ ...plan, rules: {} })).to.equal(null)
    expect(maskingKey({ ...plan, rules: { a: 'keep' } })).to.equal(null)
  })

  it('has a rule for every name, each with a line about it and an expression', () => {
    expect(ruleNames).to.include.members(Object.keys(readyRules))
    for (const rule of Object.values(readyRules)) {
      expect(rule.description).to.match(/^[a-z].*[^.]$/)
      for (const make of Object.values(rule.expressions)) expect(make('value', 9)).to.include('value')
    }
  })
})
