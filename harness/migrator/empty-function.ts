/**
 * Whether a function does nothing, judged by its source: an empty body, or one that only returns nothing.
 * Comments do not count. False when in doubt.
 */
export function isEmptyFunction(callable: (...args: never[]) => unknown): boolean {
  const source = Function.prototype.toString
    .call(callable)
    .replaceAll(/\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/\/\/.*$/gm, ' ')
    .trim()
  return emptyBlock.test(source) || emptyExpression.test(source)
}

const nothing = String.raw`(?:await\s+)?(?:undefined|null|void 0|Promise\.resolve\(\s*\))`
const statement = String.raw`(?:return(?:\s+${nothing})?|${nothing})?`
const emptyBlock = new RegExp(
  String.raw`(?:\)|=>)\s*\{\s*(?:["']use strict["'];?)?\s*${statement}\s*;?\s*\}$`,
)
const emptyExpression = new RegExp(String.raw`=>\s*(?:${nothing}|\(\s*${nothing}\s*\)|\(\s*\{\s*\}\s*\))$`)
