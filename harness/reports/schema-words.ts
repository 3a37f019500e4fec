import { z } from 'zod'

/** What the JSON Schemas of the tool's documents are made of. */
export const text = z.string()
export const number = z.number().nonnegative()
export const whole = z.int().nonnegative()
export const list = <Item extends z.ZodType>(item: Item) => z.array(item)
export const object = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape)
export const verdict = z.enum(['passed', 'failed', 'could-not-verify'])
export const direction = z.enum(['up', 'down'])
