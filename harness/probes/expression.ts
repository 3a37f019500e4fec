import type { Expression } from './traffic-plan.ts'

/** Reads the expression of a `\set`. Throws an Error that begins with `at`, the place of it. */
export function parseExpression(text: string, known: ReadonlySet<string>, at: string): Expression {
  const tokens = text.match(/\d+(?:\.\d+)?|:?[A-Za-z_]\w*|[-+*/%(),]|\S/g) ?? []
  let place = 0
  const peek = (): string | undefined => tokens[place]
  const take = (): string | undefined => tokens[place++]
  const expect = (token: string): void => {
    const found = take()
    if (found !== token) throw new Error(`${at}: expected ${token} and found ${found ?? 'the end'}`)
  }

  function sum(): Expression {
    let left = product()
    for (let next = peek(); next === '+' || next === '-'; next = peek()) {
      place += 1
      left = { kind: 'operation', operator: next, left, right: product() }
    }
    return left
  }

  function product(): Expression {
    let left = factor()
    for (let next = peek(); next === '*' || next === '/' || next === '%'; next = peek()) {
      place += 1
      left = { kind: 'operation', operator: next, left, right: factor() }
    }
    return left
  }

  function factor(): Expression {
    const token = take()
    if (token === undefined) throw new Error(`${at}: the expression ends too early`)
    if (/^\d+$/.test(token)) return { kind: 'number', value: Number(token) }
    if (token === '-') {
      return { kind: 'operation', operator: '-', left: { kind: 'number', value: 0 }, right: factor() }
    }
    if (token === '(') {
      const inner = sum()
      expect(')')
      return inner
    }
    if (token === 'random') {
      expect('(')
      const from = sum()
      expect(',')
      const to = sum()
      expect(')')
      return { kind: 'random', from, to }
    }
    if (!token.startsWith(':') || token.length === 1) {
      throw new Error(
        `${at}: ${token} is not supported; expressions have whole numbers, :variables, + - * / %, brackets and random(FROM, TO)`,
      )
    }
    const name = token.slice(1)
    if (!known.has(name)) throw new Error(`${at}: the variable :${name} is not set`)
    return { kind: 'variable', name }
  }

  const parsed = sum()
  const rest = peek()
  if (rest !== undefined) throw new Error(`${at}: ${rest} is not expected there`)
  return parsed
}
