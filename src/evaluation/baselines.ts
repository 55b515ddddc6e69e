/**
 * What can be scored without looking: chance, the most frequent training answer, the best constant. Tables
 * show them beside every model. All are fitted on training samples only and scored as expectations.
 */
import type { Baselines, Scores } from '../schema/results.js'
import { answerKind, type Sample } from '../schema/sample.js'
import { localizationScore } from '../scoring/boxes.js'
import { optionLetter } from '../scoring/choice.js'
import { meanRelativeAccuracy } from '../scoring/numeric.js'
import { aggregate, type Countable } from './score.js'

/** `A. left of the bed` -> `left of the bed`. */
export const optionText = (option: string): string => option.replace(/^[A-Z][.)]\s*/, '')

/** Index of the right option of a multiple-choice sample. */
const rightIndex = (sample: Sample): number =>
  (sample.options ?? []).findIndex((_, index) => optionLetter(index) === sample.answer)

/** Counts of each key; the most frequent first, ties in order of the key. */
function ranked(keys: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
}

/** What a number is about: the labels of its objects, `chair`, `bed, lamp`. */
export const numberCategory = (sample: Sample): string =>
  [...new Set(sample.evidence.objects.map(({ label }) => label))].sort().join(', ')

/**
 * The number that scores best (mean relative accuracy) against all `answers`: the best of 200 evenly
 * spaced values between the smallest and the largest, and of the answers themselves if they are few.
 */
export function bestConstant(answers: readonly number[]): number {
  const low = Math.min(...answers)
  const high = Math.max(...answers)
  const own = [...new Set(answers)]
  const grid = Array.from({ length: 200 }, (_, i) => low + ((high - low) * i) / 199)
  const worth = (value: number): number =>
    answers.reduce((sum, answer) => sum + meanRelativeAccuracy(value, answer), 0)
  return [...(own.length <= 50 ? own : []), ...grid].reduce(
    (best, value) => {
      const points = worth(value)
      return points > best.points ? { value, points } : best
    },
    { value: low, points: -1 },
  ).value
}

/** A guesser gives an item's expected score, or null where it has nothing to say. */
type Guess = (sample: Sample) => number | null

function row(name: string, test: readonly Sample[], guess: Guess): Scores {
  const silent = new Set<string>()
  const items = test.map((sample): Countable => {
    const expected = guess(sample)
    if (expected === null) silent.add(sample.question_type)
    const { question_type, data_type, scene_name } = sample
    const kind = answerKind(sample)
    return {
      question_type,
      data_type,
      scene_name,
      kind,
      score: expected ?? 0,
      unparsed: false,
      format: null,
      prediction: '',
    }
  })
  const scores = aggregate(name, items, { intervals: false })
  const none = { score: null, interval: null }
  const types = scores.types.map(({ iou_50: _, ...type }) =>
    silent.has(type.question_type)
      ? { ...type, ...none, by_data_type: type.by_data_type.map((part) => ({ ...part, ...none })) }
      : type,
  )
  const whole = (cell: Scores['overall'], metric?: string): Scores['overall'] =>
    types.some((type) => type.score === null && (!metric || type.metric === metric)) ? none : cell
  return {
    ...scores,
    types,
    overall: whole(scores.overall),
    numbers: whole(scores.numbers, 'mean relative accuracy'),
    choices: whole(scores.choices, 'accuracy'),
  }
}

/** Expectation of a guess among the options: one over their number. Numbers and boxes have no chance level. */
export const chanceRow = (test: readonly Sample[]): Scores =>
  row('chance', test, (sample) => (sample.options ? 1 / sample.options.length : null))

/** Always the letter that is most often right in training, per question type. */
export function frequentLetterRow(train: readonly Sample[], test: readonly Sample[]): Scores {
  const letters = new Map<string, string>()
  for (const type of new Set(train.map((sample) => sample.question_type))) {
    const answers = train.filter((sample) => sample.question_type === type && sample.options)
    const [top] = ranked(answers.map((sample) => String(sample.answer)))
    if (top) letters.set(type, top[0])
  }
  return row('most frequent letter', test, (sample) => {
    const letter = letters.get(sample.question_type)
    return sample.options && letter !== undefined ? Number(letter === sample.answer) : null
  })
}

/**
 * The most frequent training answer per question type: among the options offered, the text most often right
 * (ties share); for numbers, the value most often right; for boxes, the mean box of the label, as a share of
 * the picture.
 */
export function frequentAnswerRow(train: readonly Sample[], test: readonly Sample[]): Scores {
  const key = (sample: Sample, text: string): string => `${sample.question_type}\u0000${text}`
  const texts = new Map(
    ranked(
      train
        .filter((sample) => sample.options && rightIndex(sample) >= 0)
        .map((sample) => key(sample, optionText((sample.options ?? [])[rightIndex(sample)]))),
    ),
  )
  const values = new Map<string, number>()
  const numbers = train.filter((sample) => answerKind(sample) === 'number')
  for (const type of new Set(numbers.map((sample) => sample.question_type))) {
    const [[value]] = ranked(numbers.filter((s) => s.question_type === type).map((s) => String(s.answer)))
    values.set(type, Number(value))
  }
  const boxes = meanBoxes(train)
  const types = new Set(train.map((sample) => sample.question_type))
  return row('most frequent answer', test, (sample) => {
    if (!types.has(sample.question_type)) return null
    if (Array.isArray(sample.answer)) {
      const [size] = sample.images
      if (!size) return null
      const guesses = sample.answer.map(({ label }) => {
        const [x1, y1, x2, y2] = boxes.get(label) ?? boxes.get('') ?? [0, 0, 1, 1]
        const box: [number, number, number, number] = [
          x1 * size.width,
          y1 * size.height,
          x2 * size.width,
          y2 * size.height,
        ]
        return { bbox_2d: box, label }
      })
      return localizationScore(guesses, sample.answer).iou
    }
    if (sample.options) {
      const counts = sample.options.map((option) => texts.get(key(sample, optionText(option))) ?? 0)
      const most = Math.max(...counts)
      const tied = counts.filter((count) => count === most).length
      return counts[rightIndex(sample)] === most ? 1 / tied : 0
    }
    const value = values.get(sample.question_type)
    return value === undefined ? null : meanRelativeAccuracy(value, Number(sample.answer))
  })
}

/** Mean box per label as shares of width and height; `''` holds the mean over all labels. */
function meanBoxes(train: readonly Sample[]): Map<string, number[]> {
  const sums = new Map<string, number[]>()
  for (const { answer, images } of train) {
    const [size] = images
    if (!Array.isArray(answer) || !size) continue
    for (const { bbox_2d, label } of answer)
      for (const name of [label, '']) {
        const sum = sums.get(name) ?? [0, 0, 0, 0, 0]
        bbox_2d.forEach((value, i) => {
          sum[i] += value / (i % 2 === 0 ? size.width : size.height)
        })
        sum[4]++
        sums.set(name, sum)
      }
  }
  return new Map([...sums].map(([label, sum]) => [label, sum.slice(0, 4).map((value) => value / sum[4])]))
}

/** Fewest training answers from which a category gets a constant of its own. */
const FEWEST = 5

/** Numbers only: the constant that scores best on the training answers of the item's category, else its type. */
export function bestConstantRow(train: readonly Sample[], test: readonly Sample[]): Scores {
  const answers = new Map<string, number[]>()
  const add = (key: string, value: number): void => {
    const list = answers.get(key)
    if (list) list.push(value)
    else answers.set(key, [value])
  }
  for (const sample of train.filter((one) => answerKind(one) === 'number')) {
    add(sample.question_type, Number(sample.answer))
    add(`${sample.question_type}\u0000${numberCategory(sample)}`, Number(sample.answer))
  }
  const constants = new Map<string, number>()
  const constant = (key: string): number | null => {
    const list = answers.get(key)
    if (!list || (key.includes('\u0000') && list.length < FEWEST)) return null
    const known = constants.get(key) ?? bestConstant(list)
    constants.set(key, known)
    return known
  }
  return row('best constant', test, (sample) => {
    if (answerKind(sample) !== 'number') return null
    const value =
      constant(`${sample.question_type}\u0000${numberCategory(sample)}`) ?? constant(sample.question_type)
    return value === null ? null : meanRelativeAccuracy(value, Number(sample.answer))
  })
}

/** All baselines for `test`; without training samples only chance. */
export function baselines({ train, test }: { train: readonly Sample[]; test: readonly Sample[] }): Baselines {
  const rows = [{ note: 'expected score of guessing among the options', scores: chanceRow(test) }]
  if (train.length > 0)
    rows.push(
      { note: 'the letter most often right in training', scores: frequentLetterRow(train, test) },
      {
        note: 'the option text, the number, or the mean box per label most often right in training',
        scores: frequentAnswerRow(train, test),
      },
      {
        note: 'per category of objects, the number that scores best on the training answers',
        scores: bestConstantRow(train, test),
      },
    )
  return { version: 1, rows }
}
