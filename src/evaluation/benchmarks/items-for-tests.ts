/** Small items and protocols for tests of scoring. */
import type { BenchmarkItem, Protocol, Tally } from './benchmark.js'
import { meanOf, scoreByType } from './tallies.js'

/** A four-way choice whose answer is A, unless `change` says otherwise. */
export const makeItem = (row: number, change: Partial<BenchmarkItem> = {}): BenchmarkItem => ({
  id: `q${row}`,
  row,
  type: 'direction',
  kind: 'choice',
  scene: `room${row % 4}`,
  question: `Question ${row}?`,
  options: ['A. a', 'B. b', 'C. c', 'D. d'],
  answer: 'A',
  media: [],
  fields: {},
  ...change,
})

/** The text itself is the answer: right, wrong, or unreadable (`?`). Overall is the mean over types. */
export const plainProtocol = (change: Partial<Protocol> = {}): Protocol => ({
  prompt: ({ question }) => question,
  promptTypes: ['default'],
  media: {},
  generation: () => ({ max_new_tokens: 8, temperature: 0, defaults: 'none' }),
  judge: ({ answer }, raw) => ({ score: raw === answer ? 1 : 0, parsed: raw === '?' ? null : raw }),
  average: (tallies: readonly Tally[]) => ({
    overall: meanOf([...scoreByType(tallies).values()]),
    groups: { all: meanOf([...scoreByType(tallies).values()]) },
  }),
  missing: 'wrong',
  notes: ['A note.'],
  ...change,
})
