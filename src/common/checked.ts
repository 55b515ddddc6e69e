/** Values from files, checked by a schema. */
import type { z } from 'zod'
import { dataError } from './errors.js'

/**
 * `value` as `schema` has it.
 * @param place names it in errors, e.g. its file
 * @param expected what it should be, in words
 * @throws data error naming the first field that is not
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, place: string, expected: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw dataError(`${place} ${issue.path.join('.')}`.trim(), expected, issue.message)
}
