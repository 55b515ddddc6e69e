/** Reading samples back: every row is checked against the schema. */
import { dataError } from '../common/errors.js'
import { readJsonl } from '../common/jsonl.js'
import { type Sample, sampleSchema } from '../schema/sample.js'

/**
 * The samples of a JSONL file.
 * @throws data error naming file, row and field
 */
export function readSamples(file: string): Sample[] {
  return readJsonl(file).map((row, index) => {
    const parsed = sampleSchema.safeParse(row)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    const where = issue.path.length > 0 ? issue.path.join('.') : 'the row'
    throw dataError(`${file} row ${index + 1}`, `a sample with a valid ${where}`, issue.message)
  })
}
