/**
 * Rows without an id, matched by what they ask: question, answer and type. Several items may be asked alike (of
 * other pictures); rows then take them in the data's order, which is the order in which they were answered.
 * Such items are worth the same for the same text, so a score does not depend on which of them a row takes.
 */
import type { BenchmarkItem } from '../benchmarks/benchmark.js'
import { type Evidence, plain } from './evidence.js'
import type { ResultRow } from './row.js'

export interface ContentMatch {
  items: (BenchmarkItem | undefined)[]
  /** Rows that fitted several items. */
  alike: number
}

/** Longest question, in lines. */
const LINES = 12

/** What may be the question in `text`: all of it, or some lines of it, the longest piece first. */
function* pieces(text: string): Generator<string> {
  yield plain(text)
  const lines = text.split('\n').map((line) => line.replace(/^Question: /, ''))
  for (let n = Math.min(lines.length, LINES); n > 0; n--)
    for (let from = 0; from + n <= lines.length; from++) yield plain(lines.slice(from, from + n).join(' '))
}

/** Those of `items` whose options stand in `text`, and of these the ones that fill it most; all where none are. */
function withOptions(items: BenchmarkItem[], text: string): BenchmarkItem[] {
  if (items.length < 2) return items
  const filled = items.map(({ options }) =>
    options?.every((option) => text.includes(option)) ? options.join('').length : 0,
  )
  const most = Math.max(...filled)
  return items.filter((_, index) => filled[index] === most)
}

/** The item each row asks; undefined where none does. */
export function matchContent(
  rows: readonly ResultRow[],
  items: readonly BenchmarkItem[],
  evidence: Evidence,
): ContentMatch {
  const byQuestion = new Map<string, BenchmarkItem[]>()
  const add = (question: string, item: BenchmarkItem): void => {
    const there = byQuestion.get(question)
    if (there) there.push(item)
    else byQuestion.set(question, [item])
  }
  for (const item of items) {
    add(evidence.question(item), item)
    const { prompt } = item.fields
    if (prompt !== undefined && plain(prompt) !== evidence.question(item)) add(plain(prompt), item)
  }
  const taken = new Set<BenchmarkItem>()
  let alike = 0
  const matched = rows.map((row) => {
    let found: BenchmarkItem[] = []
    for (const piece of pieces(row.question ?? '')) {
      found = byQuestion.get(piece) ?? []
      if (found.length > 0) break
    }
    const fitting = found.filter((item) => evidence.contradiction(row, item) === null)
    const candidates = withOptions(fitting, row.options ?? '')
    if (candidates.length > 1) alike++
    const item = candidates.find((one) => !taken.has(one)) ?? candidates[0]
    if (item) taken.add(item)
    return item
  })
  return { items: matched, alike }
}
