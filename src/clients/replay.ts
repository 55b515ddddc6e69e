/**
 * `replay:FILE`: answers read from a predictions file (one JSON object a line with `id` and
 * `prediction`), so that answers made anywhere can be scored like any model's.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { readJsonl } from '../common/jsonl.js'
import type { Client } from './client.js'

interface Row {
  id?: unknown
  prediction?: unknown
}

/** Sizes at which the model saw the pictures, from the protocol card beside its predictions. */
function sizesBeside(file: string): Client['modelSize'] {
  const card = path.join(path.dirname(file), 'protocol.json')
  if (!fs.existsSync(card)) return undefined
  const { resized = {} } = JSON.parse(fs.readFileSync(card, 'utf8')) as {
    resized?: Record<string, [number, number]>
  }
  return (width, height) => {
    const [seenWidth, seenHeight] = resized[`${width}x${height}`] ?? [width, height]
    return { width: seenWidth, height: seenHeight }
  }
}

/**
 * A client that knows the answers in `file` and stays silent on every other request. Boxes are taken to be
 * in source pixels unless a `protocol.json` beside the file says how pictures were resized.
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
    modelSize: sizesBeside(file),
    async *answer(requests) {
      for (const { id } of requests) {
        const text = answers.get(id)
        if (text !== undefined) yield { id, text }
      }
    },
  }
}
