/**
 * `replay:FILE`: answers read from a predictions file (one JSON object a line with `id` and
 * `prediction`), so that answers made anywhere can be scored like any model's.
 */
import { dataError } from '../common/errors.js'
import { readJsonl } from '../common/jsonl.js'
import type { Client } from './client.js'

interface Row {
  id?: unknown
  prediction?: unknown
}

/**
 * A client that knows the answers in `file` and stays silent on every other request.
 * @throws data error naming file and row: no id, no prediction, or an id twice
 */
export function openReplay(file: string): Client {
  const answers = new Map<string, string>()
  readJsonl<Row>(file, { tolerateTail: true }).forEach((row, index) => {
    const place = `${file} row ${index + 1}`
    if (typeof row?.id !== 'string' && typeof row?.id !== 'number')
      throw dataError(`${place} id`, 'a text or a number', JSON.stringify(row?.id))
    if (typeof row.prediction !== 'string')
      throw dataError(`${place} prediction`, 'a text', JSON.stringify(row.prediction))
    const id = String(row.id)
    if (answers.has(id)) throw dataError(`${place} id`, 'an id not seen before', id)
    answers.set(id, row.prediction)
  })
  return {
    name: `replay:${file}`,
    blind: true,
    async *answer(requests) {
      for (const { id } of requests) {
        const text = answers.get(id)
        if (text !== undefined) yield { id, text }
      }
    },
  }
}
