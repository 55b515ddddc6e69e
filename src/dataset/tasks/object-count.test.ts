import { describe, expect, it } from 'vitest'
import { type TestObject, testScene } from '../scene.test-helper.js'
import { ask } from './ask.test-helper.js'

const room = (...categories: string[]): TestObject[] =>
  categories.map((category, i) => ({ category, at: [i, 0, 0] }))
const all = (n: number): { id: number }[] => Array.from({ length: n }, (_, id) => ({ id }))

describe('a count that may not be all there is', () => {
  const towels = testScene('s', room('towel', 'towel', 'chair', 'chair'), [all(4), all(4)])

  it('is not asked of small and textile categories', () => {
    const settings = { object_count_exclude_categories: ['towel'] }
    const { candidates, row } = ask('object_count', 'video', towels, settings)
    expect(candidates.map((c) => c.question)).toEqual(['How many chair(s) are in this room?'])
    expect(row.removed).toEqual({ 'category not countable': 1 })
  })

  it('is not asked when an instance is smaller than it should be', () => {
    const settings = { object_count_min_size_m: 0.25 }
    expect(ask('object_count', 'video', towels, settings).row.removed).toEqual({ 'instance too small': 2 })
  })

  it('is not asked where unlabelled surface lies around an instance', () => {
    const scene = structuredClone(towels)
    scene.objects[3].unlabelled_nearby = 0.3
    const { candidates, row } = ask('object_count', 'video', scene)
    expect(candidates.map((c) => c.objects[0].label)).toEqual(['towel'])
    expect(row.removed).toEqual({ 'unlabelled surface near by': 1 })
    expect(ask('object_count', 'video', scene, { object_count_max_unlabelled: 0.3 }).row.kept).toBe(2)
  })

  it('is not asked where another category goes by the same name', () => {
    const scene = testScene('s', room('table', 'table', 'desk', 'chair', 'chair'), [all(5), all(5)])
    const { candidates, row } = ask('object_count', 'video', scene, { alike_categories: [['desk', 'table']] })
    expect(candidates.map((c) => c.objects[0].label)).toEqual(['chair'])
    expect(row.removed).toEqual({ 'too few to count': 1, 'alike category in the room': 1 })
  })

  it('is not asked where the name is in two sets, and a thing of the first is there', () => {
    const scene = testScene('s', room('bench', 'bench', 'chair'), [all(3), all(3)])
    const sets = [
      ['bench', 'chair'],
      ['bench', 'sofa'],
    ]
    expect(ask('object_count', 'video', scene, { alike_categories: sets }).row.kept).toBe(0)
  })
})

describe('categories that people call alike', () => {
  it('are not unique beside one another, in a picture or a room', () => {
    const scene = testScene('s', room('table', 'desk', 'lamp'), [
      [0, 1, 2].map((id) => ({ id, box: [200 * id, 100, 200 * id + 99, 199] })),
    ] as Parameters<typeof testScene>[2])
    const alike = { alike_categories: [['desk', 'table']] }
    const size = (settings: typeof alike | undefined) =>
      ask('object_size', 'single_image', scene, settings).candidates.map((c) => c.objects[0].label)
    expect(size(undefined)).toEqual(['table', 'desk', 'lamp'])
    expect(size(alike)).toEqual(['lamp'])
    const bare = testScene('s', room('table', 'desk', 'lamp'))
    expect(ask('object_size', 'scene', bare, alike).candidates).toHaveLength(1)
  })
})

describe('balanced counts', () => {
  it('have each count as a class, and one for all beyond', () => {
    const names = ['chair', 'chair', ...Array<string>(5).fill('lamp')]
    const scene = testScene('s', room(...names), [all(7), all(7)])
    const classes = (most: number): string[] =>
      ask('object_count', 'video', scene, { object_count_classes: most }).candidates.map(
        (c) => c.answer_class,
      )
    expect(classes(3)).toEqual(['2', 'more than 3'])
    expect(classes(0)).toEqual(['', ''])
  })
})
