/** What a data set is made of, as numbers: the one source of `data stats`' text, JSON and page. */
import { answerKind, DATA_TYPES, QUESTION_TYPES, type QuestionType, type Sample } from '../schema/sample.js'
import { ticks } from './chart.js'

export type Counts = Record<string, number>

/** Numbers by rank, and a histogram whose steps are round; the last bin also holds the highest hundredth. */
export interface Spread {
  unit: string
  count: number
  least: number
  quarter: number
  median: number
  three_quarters: number
  most: number
  mean: number
  bins: { from: number; to: number; count: number }[]
}

export interface Distributions {
  samples: number
  rooms: number
  pictures: number
  categories: number
  /** Samples per question type and data type, in their usual order. */
  types: Record<string, Counts>
  /** Finer kinds where a question type has several, boxes not counted. */
  kinds: Counts
  /** Questions per room, boxes not counted: they ask the same again. */
  per_room: Spread | null
  rooms_most_asked: Counts
  /** Samples that speak of a category, boxes not counted. */
  category_counts: Counts
  /** Data types with how many pictures a sample has. */
  pictures_per_sample: Counts
  /** Letters of right answers, by question type and number of options. */
  letters: Record<string, Counts>
  /** Texts of right answers: directions by subtype, and the nearest of relative distance. */
  classes: Record<string, Counts>
  /** Right answers that are numbers. */
  numbers: Record<string, Spread>
  boxes: {
    count: number
    per_picture: Counts
    /** Per cent of the picture; null without boxes, or where no size of a picture is known. */
    area_percent: Spread | null
    /** How many boxes cover each cell of a grid over the picture, row by row; null as above. */
    cover: number[][] | null
  }
}

export const GRID = { columns: 32, rows: 24 }

const UNITS: Partial<Record<QuestionType, string>> = {
  'absolute distance': 'metres',
  'object size': 'centimetres',
  'object count': 'objects',
  'room size': 'square metres',
}

/** Counts of each key, most frequent first, ties by name. */
export function countsOf(keys: Iterable<string>): Counts {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)))
}

const byName = (counts: Counts): Counts =>
  Object.fromEntries(Object.entries(counts).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true })))

/** Counts of `key` within each `group`, groups by name. */
function grouped(
  samples: readonly Sample[],
  group: (sample: Sample) => string,
  key: (sample: Sample) => string,
): Record<string, Counts> {
  const groups = new Map<string, string[]>()
  for (const sample of samples) {
    const keys = groups.get(group(sample)) ?? []
    groups.set(group(sample), keys)
    keys.push(key(sample))
  }
  return Object.fromEntries(
    [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, keys]) => [name, countsOf(keys)]),
  )
}

/** @param values at least one finite number */
export function spreadOf(values: readonly number[], unit: string, about = 20): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]
  const [least, high, most] = [sorted[0], at(0.99), sorted[sorted.length - 1]]
  const [first = least, second = first + 1] = ticks(least, high, about)
  const whole = sorted.every(Number.isInteger)
  const step = whole ? Math.max(1, second - first) : second - first
  const start = Math.floor(least / step + 1e-9)
  const end = Math.max(start, Math.floor(high / step + 1e-9))
  const bins = Array.from({ length: end - start + 1 }, (_, i) => ({
    from: Number(((start + i) * step).toPrecision(12)),
    to: Number(((start + i + 1) * step).toPrecision(12)),
    count: 0,
  }))
  for (const value of sorted) bins[Math.min(end, Math.floor(value / step + 1e-9)) - start].count++
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  return {
    unit,
    count: sorted.length,
    least,
    quarter: at(0.25),
    median: at(0.5),
    three_quarters: at(0.75),
    most,
    mean: Number(mean.toPrecision(6)),
    bins,
  }
}

const rightText = ({ answer, options }: Sample): string =>
  options?.find((option) => option.startsWith(`${String(answer)}.`))?.slice(3) ?? '?'

function boxesOf(samples: readonly Sample[]): Distributions['boxes'] {
  const cover = Array.from({ length: GRID.rows }, () => new Array<number>(GRID.columns).fill(0))
  const areas: number[] = []
  let count = 0
  for (const { answer, images } of samples) {
    if (!Array.isArray(answer)) continue
    count += answer.length
    if (!images[0]) continue
    const { width, height } = images[0]
    for (const { bbox_2d } of answer) {
      const [x1, y1, x2, y2] = bbox_2d
      areas.push((100 * (x2 - x1) * (y2 - y1)) / (width * height))
      for (const [row, cells] of cover.entries())
        for (const column of cells.keys()) {
          const [x, y] = [((column + 0.5) * width) / GRID.columns, ((row + 0.5) * height) / GRID.rows]
          if (x >= x1 && x <= x2 && y >= y1 && y <= y2) cells[column]++
        }
    }
  }
  const per = samples.flatMap(({ answer }) => (Array.isArray(answer) ? [String(answer.length)] : []))
  return {
    count,
    per_picture: byName(countsOf(per)),
    area_percent: areas.length > 0 ? spreadOf(areas, 'per cent of the picture') : null,
    cover: areas.length > 0 ? cover : null,
  }
}

function typesOf(samples: readonly Sample[]): Record<string, Counts> {
  const found = grouped(
    samples,
    (s) => s.question_type,
    (s) => s.data_type,
  )
  return Object.fromEntries(
    QUESTION_TYPES.flatMap((type) => {
      const row = found[type]
      if (!row) return []
      const cells = DATA_TYPES.flatMap((name) => (row[name] ? [[name, row[name]] as const] : []))
      return [[type, Object.fromEntries(cells)]]
    }),
  )
}

/** Categories that samples speak of: by their evidence, or where no row has any, by the boxes of answers. */
function categoriesOf(spatial: readonly Sample[], samples: readonly Sample[]): Counts {
  const told = spatial.some(({ evidence }) => evidence.objects.length > 0)
  const labelsOf = ({ answer, evidence }: Sample): string[] =>
    (told ? evidence.objects : Array.isArray(answer) ? answer : []).map(({ label }) => label)
  return countsOf((told ? spatial : samples).flatMap((sample) => [...new Set(labelsOf(sample))]))
}

function kindsOf(spatial: readonly Sample[]): Counts {
  const kinds = new Map<string, Set<string>>()
  for (const { evidence, question_type } of spatial) {
    const own = kinds.get(question_type) ?? new Set()
    kinds.set(question_type, own.add(evidence.subtype ?? ''))
  }
  const several = spatial.filter(({ question_type }) => (kinds.get(question_type)?.size ?? 0) > 1)
  return countsOf(several.map(({ evidence, question_type }) => evidence.subtype ?? question_type))
}

/** Everything `data stats` says about `samples`. */
export function distributionsOf(samples: readonly Sample[]): Distributions {
  const spatial = samples.filter((sample) => answerKind(sample) !== 'boxes')
  // A set of boxes alone has nothing else to count rooms and categories by.
  const counted = spatial.length > 0 ? spatial : samples
  const choices = spatial.filter(({ options }) => options)
  const rooms = countsOf(counted.map(({ scene_name }) => scene_name))
  const labels = categoriesOf(spatial, samples)
  const numbers = QUESTION_TYPES.flatMap((type) => {
    const values = spatial
      .filter((sample) => sample.question_type === type && !sample.options)
      .map(({ answer }) => Number(answer))
      .filter(Number.isFinite)
    return values.length > 0 ? [[type, spreadOf(values, UNITS[type] ?? '')] as const] : []
  })
  const classed = choices.filter(
    ({ question_type }) => question_type === 'relative direction' || question_type === 'relative distance',
  )
  const letters = grouped(
    choices,
    ({ options, question_type }) => `${question_type}, ${options?.length ?? 0} options`,
    ({ answer }) => String(answer),
  )
  return {
    samples: samples.length,
    rooms: Object.keys(rooms).length,
    pictures: new Set(samples.flatMap(({ image }) => image)).size,
    categories: Object.keys(labels).length,
    types: typesOf(samples),
    kinds: kindsOf(spatial),
    per_room: counted.length > 0 ? spreadOf(Object.values(rooms), 'questions') : null,
    rooms_most_asked: Object.fromEntries(Object.entries(rooms).slice(0, 20)),
    category_counts: labels,
    pictures_per_sample: byName(
      countsOf(samples.map(({ data_type, image }) => `${data_type.replace('_', ' ')}, ${image.length}`)),
    ),
    letters: Object.fromEntries(Object.entries(letters).map(([name, counts]) => [name, byName(counts)])),
    classes: grouped(
      classed,
      ({ evidence, question_type }) =>
        question_type === 'relative direction' ? (evidence.subtype ?? question_type) : 'nearest object',
      rightText,
    ),
    numbers: Object.fromEntries(numbers),
    boxes: boxesOf(samples),
  }
}
