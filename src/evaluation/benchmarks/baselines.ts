/**
 * What is scored without looking at anything, as VSI-Bench's table has it: `chance`, the expectation of
 * guessing among the options, and `frequent`, the answer most often right per type in the benchmark itself.
 * A blind run of a model (`blind:CLIENT`) is a run like any other.
 */
import type { BenchmarkScores } from '../../schema/benchmark-results.js'
import type { BenchmarkItem, PromptType, Protocol } from './benchmark.js'
import { type Judged, judge, type Summary, summarise } from './score.js'

export const BASELINES = ['chance', 'frequent'] as const
export type BaselineName = (typeof BASELINES)[number]

/** `A`, `(A)`, `A. chair` -> `A`; null for what is no lettered choice. */
export const answerLetter = (answer: string): string | null => /^\(?([A-Z])\b/.exec(answer)?.[1] ?? null

/** How many letters an item can be answered with: its options, listed in a column or in the question's own lines. */
export function optionLetters(item: BenchmarkItem): string[] {
  const listed = item.options ?? [...(item.fields.choices ?? item.question).split('\n')]
  const letters = listed.flatMap((line) => /^\s*\(?([A-Z])[.):]/.exec(line)?.[1] ?? [])
  if (letters.length > 0) return [...new Set(letters)]
  return (item.options ?? []).map((_, index) => String.fromCharCode(65 + index))
}

/** A letter as an answer every protocol of the benchmark reads: the bare letter. */
const byLetter = (item: BenchmarkItem, letter: string, protocol: Protocol, promptType: PromptType): number =>
  protocol.judge(item, tag(letter, promptType), { promptType }).score

/** With reasoning asked for, an answer stands in its tags. */
const tag = (answer: string, promptType: PromptType): string =>
  promptType === 'thinking' ? `<answer>${answer}</answer>` : answer

/** The expected score of every item, or null where there is nothing to guess among. */
export function chanceScores(
  items: readonly BenchmarkItem[],
  protocol: Protocol,
  promptType: PromptType,
): (number | null)[] {
  return items.map((item) => {
    const letters = item.kind === 'choice' ? optionLetters(item) : []
    if (letters.length === 0) return null
    return letters.reduce((sum, one) => sum + byLetter(item, one, protocol, promptType), 0) / letters.length
  })
}

/** The most frequent answer of each type (ties: the first in code-unit order). */
export function frequentAnswers(items: readonly BenchmarkItem[]): Map<string, string> {
  const counts = new Map<string, Map<string, number>>()
  for (const { type, kind, answer } of items) {
    const said = kind === 'choice' ? (answerLetter(answer) ?? answer) : answer
    const known = counts.get(type) ?? new Map<string, number>()
    counts.set(type, known)
    known.set(said, (known.get(said) ?? 0) + 1)
  }
  return new Map(
    [...counts].map(([type, known]) => [
      type,
      [...known].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0][0],
    ]),
  )
}

/** The answers a baseline gives, as a predictions file would hold them; chance has none to give. */
export function frequentPredictions(
  items: readonly BenchmarkItem[],
  promptType: PromptType,
): Map<string, string> {
  const answers = frequentAnswers(items)
  return new Map(items.map((item) => [item.id, tag(answers.get(item.type) ?? '', promptType)]))
}

/** The summary of a baseline. What cannot be guessed has no score, nor has an average that contains it. */
export function baselineSummary(
  name: BaselineName,
  items: readonly BenchmarkItem[],
  protocol: Protocol,
  promptType: PromptType,
  seed = 0,
): Summary {
  if (name === 'frequent')
    return summarise(judge(items, frequentPredictions(items, promptType), protocol, promptType), protocol, {
      seed,
    })
  const scores = chanceScores(items, protocol, promptType)
  const filled = (unknown: number): Judged[] =>
    items.map((item, i) => ({
      item,
      prediction: '',
      verdict: { score: scores[i] ?? unknown, parsed: '' },
    }))
  const [low, high] = [0, 1].map((unknown) => summarise(filled(unknown), protocol, { seed, resamples: 0 }))
  // What comes out the same whatever the unguessable items are worth does not depend on them.
  const known = (a: number | null, b: number | null): number | null => (a === b ? a : null)
  const types: BenchmarkScores['types'] = {}
  for (const [type, row] of Object.entries(low.types))
    types[type] = { ...row, score: known(row.score, high.types[type].score), correct: null, interval: null }
  const groups = Object.fromEntries(
    Object.entries(low.groups).map(([group, { score }]) => [
      group,
      { score: known(score, high.groups[group].score), interval: null },
    ]),
  )
  return {
    ...low,
    overall: known(low.overall, high.overall),
    interval: null,
    correct: null,
    types,
    groups,
  }
}
