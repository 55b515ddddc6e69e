/** The columns that VSI-Bench and SPBench share, and what must hold among them. */
import { z } from 'zod'
import { dataError } from '../../common/errors.js'
import { pythonFloat } from '../../scoring/python.js'
import type { BenchmarkItem } from './benchmark.js'
import { type VsiType, vsiKind } from './vsi-types.js'

/** `types` are the question types the benchmark has. */
export const vsiColumns = <T extends VsiType>(types: readonly [T, ...T[]]) => ({
  id: z.int().min(0),
  scene_name: z.string().min(1, 'the name of a scene'),
  question_type: z.enum(types),
  question: z.string().min(1, 'a question'),
  ground_truth: z.string(),
  options: z.array(z.string()).nullish(),
})

interface Columns {
  id: number
  scene_name: string
  question_type: VsiType
  question: string
  ground_truth: string
  options?: string[] | null
}

/**
 * The item without its media.
 * @throws data error when options and answer do not fit the question type
 */
export function vsiItem(
  columns: Columns,
  place: string,
  row: number,
): Omit<BenchmarkItem, 'media' | 'fields'> {
  const { id, scene_name, question_type, question, ground_truth } = columns
  const kind = vsiKind(question_type)
  const options = columns.options && columns.options.length > 0 ? columns.options : null
  const letters = (options ?? []).map((_, index) => String.fromCharCode(65 + index))
  if (kind === 'choice' && letters.length < 2)
    throw dataError(`${place} column options`, `options of a ${question_type} question`, `${letters.length}`)
  if (kind === 'number' && options)
    throw dataError(`${place} column options`, `none for a ${question_type} question`, options.join(', '))
  if (kind === 'choice' && !letters.includes(ground_truth))
    throw dataError(
      `${place} column ground_truth`,
      `one of ${letters.join(', ')}`,
      JSON.stringify(ground_truth),
    )
  if (kind === 'number' && !Number.isFinite(pythonFloat(ground_truth) ?? Number.NaN))
    throw dataError(`${place} column ground_truth`, 'a number', JSON.stringify(ground_truth))
  return {
    id: String(id),
    row,
    type: question_type,
    kind,
    scene: scene_name,
    question,
    options,
    answer: ground_truth,
  }
}

/** @throws data error when two rows have the same id; `places` say where each item stands */
export function checkIds(items: readonly BenchmarkItem[], places: readonly string[]): void {
  const seen = new Map<string, string>()
  items.forEach(({ id }, i) => {
    const before = seen.get(id)
    if (before !== undefined)
      throw dataError(`${places[i]} column id`, 'an id of its own', `${id}, as in ${before}`)
    seen.set(id, places[i])
  })
}
