/** Checks a row's columns against a schema; what differs is one line in words of the data, not of the checker. */
import { z } from 'zod'
import { dataError } from '../../common/errors.js'
import type { Row } from './row.js'
import type { SourcePicture } from './source.js'

const isPicture = (value: unknown): value is SourcePicture =>
  typeof value === 'object' && value !== null && 'name' in value && 'read' in value

/** A column of pictures, for schemas of rows. */
export const pictureColumn = z.custom<SourcePicture>(isPicture, 'a picture')

const TYPES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'nothing',
}

const list = (names: readonly string[]): string => (names.length > 0 ? names.join(', ') : 'none')

function expectedOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected
    case 'invalid_value':
      return issue.values.length > 1
        ? `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
        : `${JSON.stringify(issue.values[0])}`
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap(([first]) => (first ? [expectedOf(first)] : [])))].join(' or ')
    default:
      return issue.message
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (isPicture(value)) return 'a picture'
  const text = `${JSON.stringify(value)}`
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value)

/**
 * The row's values as `schema` types them; columns it does not name are dropped.
 * @throws data error, e.g. `test.jsonl row 3 column question: expected a text, got 5`; where columns are
 *   missing, it names those expected and those there
 */
export function checkRow<S extends z.ZodObject>({ place, values }: Row, schema: S): z.output<S> {
  const parsed = schema.safeParse(values)
  if (parsed.success) return parsed.data
  const columns = Object.keys(schema.shape).filter((name) => !schema.shape[name].safeParse(undefined).success)
  if (parsed.error.issues.some(({ path }) => path.length === 1 && !(path[0] in values)))
    throw dataError(place, `columns ${list(columns)}`, list(Object.keys(values)))
  const [issue] = parsed.error.issues
  const [column, ...inner] = issue.path.map(String)
  const subject = `${place} column ${column ?? '(row)'}${inner.map((key) => `[${key}]`).join('')}`
  throw dataError(subject, expectedOf(issue), shown(at(values, issue.path)))
}
