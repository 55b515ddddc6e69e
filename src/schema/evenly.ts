/** A part of many samples that is fair to every question type. */
import { rng } from '../common/random.js'
import { QUESTION_TYPES, type Sample } from './sample.js'

/**
 * `count` samples taken in turn from each question type, in the seeded order of `stream`. A larger count
 * holds every smaller one. The samples come back in their own order.
 */
export function takeEvenly(
  samples: readonly Sample[],
  count: number,
  seed: number,
  stream: string,
): Sample[] {
  const queues = QUESTION_TYPES.map((type) =>
    rng(seed, stream, type).shuffle(samples.filter((sample) => sample.question_type === type)),
  )
  const longest = Math.max(0, ...queues.map((queue) => queue.length))
  const turns = Array.from({ length: longest }, (_, turn) =>
    queues.flatMap((queue) => (turn < queue.length ? [queue[turn]] : [])),
  )
  const taken = new Set(turns.flat().slice(0, count))
  return samples.filter((sample) => taken.has(sample))
}
