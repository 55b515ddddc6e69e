/**
 * Scoring: samples and predictions to scores. Pure. Metrics follow SpatialLadder §4 (accuracy for letters,
 * mean relative accuracy for numbers; mean IoU for boxes is ours), overall = unweighted mean over types.
 */
import { dataError } from '../common/errors.js'
import type { Cell, Protocol, Scores, TypeScore } from '../schema/results.js'
import { sampleId } from '../schema/results.js'
import { DATA_TYPES, QUESTION_TYPES, type Sample } from '../schema/sample.js'
import { askedDigest } from './ask-samples.js'
import { drawnMean, drawRooms, interval95, RESAMPLES, type RoomSums } from './bootstrap.js'
import type { Prediction } from './infer.js'
import { type ModelSize, type ScoredItem, scoreItem } from './item.js'

export interface ScoreSettings {
  /** Name of the row in tables. */
  name: string
  samples: readonly Sample[]
  predictions: readonly Prediction[]
  /** How the predictions were made, where known: gives mode and resized sizes. */
  protocol?: Protocol | null
  /** Overrides the protocol's sizes. */
  modelSize?: ModelSize
  seed?: number
  resamples?: number
  /** Named in error messages. */
  source?: string
}

const METRIC = { boxes: 'mean IoU', choice: 'accuracy', number: 'mean relative accuracy' } as const
const mean = (values: readonly number[]): number | null =>
  values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null

/** The sizes a protocol card lists; other pictures were seen as they are. */
export const sizesOf =
  (protocol: Protocol | null | undefined): ModelSize =>
  (width, height) => {
    const seen = protocol?.resized[`${width}x${height}`]
    return seen ? { width: seen[0], height: seen[1] } : { width, height }
  }

/** One result per sample, in the samples' order. */
export function scoreItems(settings: ScoreSettings): ScoredItem[] {
  const { samples, predictions, protocol, source = 'predictions' } = settings
  const modelSize = settings.modelSize ?? sizesOf(protocol)
  const items = new Map<string, Sample>()
  for (const sample of samples) {
    const id = sampleId(sample)
    if (items.has(id)) throw dataError(`samples (${id})`, 'every id once', 'the same id twice')
    items.set(id, sample)
  }
  const answers = new Map<string, string>()
  predictions.forEach(({ id, prediction, asked }, index) => {
    const place = `${source} row ${index + 1}`
    const sample = items.get(id)
    if (!sample) throw dataError(place, 'a prediction for one of the items', `one for ${JSON.stringify(id)}`)
    if (typeof prediction !== 'string')
      throw dataError(`${place} prediction`, 'a text', JSON.stringify(prediction))
    if (answers.has(id)) throw dataError(place, 'an id not seen before', id)
    if (asked !== undefined && asked !== askedDigest(sample))
      throw dataError(place, `an answer to ${id} as it is in the data`, 'one to another question')
    answers.set(id, prediction)
  })
  const reasoned = protocol?.mode === 'think'
  return samples.map((sample) =>
    scoreItem(sample, answers.get(sampleId(sample)) ?? null, { modelSize, reasoned }),
  )
}

/** What a table row needs of an item; baselines make these without a text. */
export type Countable = Pick<
  ScoredItem,
  'question_type' | 'data_type' | 'kind' | 'scene_name' | 'score' | 'share_at_50' | 'unparsed' | 'format'
> & { prediction: string | null }

/**
 * Sums items up: per question type and modality, over numbers, over letters, over all types.
 * `intervals: false` leaves them out (exact expectations).
 */
export function aggregate(
  name: string,
  items: readonly Countable[],
  options: { protocol?: Protocol | null; seed?: number; resamples?: number; intervals?: boolean } = {},
): Scores {
  const { protocol = null, seed = 0, intervals = true } = options
  const resamples = options.resamples ?? RESAMPLES
  const rooms = [...new Set(items.map((item) => item.scene_name))].sort()
  const roomIndex = new Map(rooms.map((room, index) => [room, index]))
  const draws = intervals && rooms.length > 1 ? drawRooms(rooms.length, seed, resamples) : []

  const sums = (some: readonly Countable[], value: (item: Countable) => number): RoomSums => {
    const result = { sum: new Float64Array(rooms.length), count: new Float64Array(rooms.length) }
    for (const item of some) {
      const room = roomIndex.get(item.scene_name) ?? 0
      result.sum[room] += value(item)
      result.count[room]++
    }
    return result
  }
  const cell = (some: readonly Countable[], value = (item: Countable): number => item.score): Cell => {
    const roomSums = sums(some, value)
    return {
      score: mean(some.map(value)),
      interval: some.length > 0 ? interval95(draws.map((times) => drawnMean(roomSums, times))) : null,
    }
  }
  /** Unweighted mean over types; a resample in which a type has no room is left out. */
  const meanOf = (groups: readonly Countable[][]): Cell => {
    const roomSums = groups.map((group) => sums(group, (item) => item.score))
    return {
      score: mean(groups.map((group) => mean(group.map((item) => item.score)) ?? 0)),
      interval: interval95(
        draws.map((times) => mean(roomSums.map((one) => drawnMean(one, times))) ?? Number.NaN),
      ),
    }
  }
  const shareOfForm = (some: readonly Countable[]): number | null =>
    mean(some.flatMap((item) => (item.format === null ? [] : [item.format ? 1 : 0])))

  const groups = QUESTION_TYPES.map((type) => items.filter((item) => item.question_type === type)).filter(
    (group) => group.length > 0,
  )
  const types = groups.map((group): TypeScore => {
    const [{ question_type, kind }] = group
    return {
      question_type,
      metric: METRIC[kind],
      n: group.length,
      ...cell(group),
      ...(kind === 'boxes' ? { iou_50: cell(group, (item) => item.share_at_50 ?? 0) } : {}),
      missing: group.filter((item) => item.prediction === null).length,
      unparsed: group.filter((item) => item.unparsed).length,
      format: shareOfForm(group),
      by_data_type: DATA_TYPES.map((data_type) => ({
        data_type,
        some: group.filter((item) => item.data_type === data_type),
      }))
        .filter(({ some }) => some.length > 0)
        .map(({ data_type, some }) => ({ data_type, n: some.length, ...cell(some) })),
    }
  })
  const ofKind = (kind: Countable['kind']): Countable[][] => groups.filter(([item]) => item.kind === kind)
  return {
    version: 1,
    name,
    n: items.length,
    missing: items.filter((item) => item.prediction === null).length,
    unparsed: items.filter((item) => item.unparsed).length,
    format: shareOfForm(items),
    overall: meanOf(groups),
    numbers: meanOf(ofKind('number')),
    choices: meanOf(ofKind('choice')),
    types,
    bootstrap: { seed, resamples: draws.length, grouped_by: 'scene_name', rooms: rooms.length },
    protocol,
  }
}

/**
 * Scores predictions. Items without one count as wrong and are reported as `missing`.
 * @throws data error for a duplicate id, a prediction for no item, or one made for another question
 */
export function score(settings: ScoreSettings): { scores: Scores; items: ScoredItem[] } {
  const items = scoreItems(settings)
  const { name, protocol, seed, resamples } = settings
  return { scores: aggregate(name, items, { protocol, seed, resamples }), items }
}
