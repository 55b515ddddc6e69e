import { describe, expect, it } from 'vitest'
import { disagreement, pairedComparison } from './compare.js'
import { makeItem, plainProtocol } from './items-for-tests.js'
import { judge, summarise } from './score.js'

const protocol = plainProtocol()
const items = Array.from({ length: 40 }, (_, row) => makeItem(row, { scene: `room${row % 10}` }))
const answers = (right: (row: number) => boolean) =>
  new Map(items.map(({ id, row }): [string, string] => [id, right(row) ? 'A' : 'B']))
const first = answers((row) => row % 4 === 0)
const second = answers((row) => row % 2 === 0)

/** As `items.jsonl` has them. */
const rows = (predictions: Map<string, string>, counted: (row: number) => boolean = () => true) =>
  judge(items, predictions, protocol, 'default').map(({ item, verdict }) => ({
    ...item,
    score: verdict?.score ?? 0,
    counted: counted(item.row),
  }))
const compared = (a = rows(first), b = rows(second)) =>
  pairedComparison({
    benchmark: 'CV-Bench',
    protocolName: 'official',
    protocol,
    first: { name: 'one', items: a },
    second: { name: 'two', items: b },
  })

describe('a paired comparison', () => {
  it('is the difference of the two scores, with a sharper interval than either has', () => {
    const [one, two] = [first, second].map((said) =>
      summarise(judge(items, said, protocol, 'default'), protocol),
    )
    const { rows: differences } = compared()
    const [overall] = differences
    expect(overall).toMatchObject({ name: 'overall', n: 40 })
    expect(overall.difference).toBeCloseTo((two.overall as number) - (one.overall as number), 12)
    expect(differences.map(({ name, n }) => [name, n])).toEqual([
      ['overall', 40],
      ['all', null],
      ['direction', 40],
    ])
    const [low, high] = overall.interval as [number, number]
    expect(low).toBeGreaterThan(0)
    expect(high - low).toBeLessThan((two.interval as number[])[1] - (two.interval as number[])[0])
  })

  it('is zero without doubt between a model and itself', () => {
    const { rows: differences } = compared(rows(first), rows(first))
    expect(differences.map(({ difference, interval }) => [difference, interval])).toEqual(
      differences.map(() => [0, [0, 0]]),
    )
  })

  it('takes only the items that both have in their denominator', () => {
    const { rows: differences } = compared(
      rows(first, (row) => row !== 2),
      rows(second, (row) => row !== 1),
    )
    expect(differences[0].n).toBe(38)
    expect(differences[0].difference).toBeCloseTo((19 - 10) / 38, 12)
  })

  it('refuses two models that were asked other questions', () => {
    expect(() => compared(rows(first).slice(1))).toThrow(
      'comparison of one and two on CV-Bench: expected two models scored on the same items, got q0 in one only',
    )
    expect(() => compared(rows(first), rows(second).slice(1))).toThrow('got 40 and 39 items')
    for (const change of [{ question: 'Another?' }, { answer: 'B' }, { type: 'other' }])
      expect(() =>
        compared(
          rows(first),
          rows(second).map((row) => (row.id === 'q3' ? { ...row, ...change } : row)),
        ),
      ).toThrow('got q3 with another question or answer')
  })

  it('has no interval for a type in one room', () => {
    const inOne = (row: ReturnType<typeof rows>[number]) =>
      row.row < 4 ? { ...row, type: 'count', scene: 'room0' } : row
    const { rows: differences } = compared(rows(first).map(inOne), rows(second).map(inOne))
    const of = (name: string) => differences.find((row) => row.name === name)
    expect(of('count')).toMatchObject({ n: 4, difference: 0.25, interval: null })
    expect(of('direction')?.interval).not.toBeNull()
  })
})

it('protocols disagree on the items whose answer they read differently', () => {
  const lenient = plainProtocol({ judge: (_, raw) => ({ score: raw === '?' ? 0 : 1, parsed: raw }) })
  const strict = plainProtocol({ missing: 'left out' })
  const said = new Map([
    ['q0', 'A'],
    ['q1', 'B'],
    ['q2', '?'],
    ['q3', 'B'],
  ])
  const found = disagreement({
    name: 'model',
    benchmark: 'CV-Bench',
    askedBy: 'paper',
    first: { protocol: 'official', judged: judge(items, said, lenient, 'default') },
    second: { protocol: 'paper', judged: judge(items, said, strict, 'default') },
  })
  expect(found).toMatchObject({ asked_by: 'paper', protocols: ['official', 'paper'], count: 2 })
  expect(found.items).toEqual([
    { id: 'q1', prediction: 'B', scores: [1, 0] },
    { id: 'q3', prediction: 'B', scores: [1, 0] },
  ])
})
