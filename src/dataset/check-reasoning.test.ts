import { describe, expect, it } from 'vitest'
import { makeDataset } from './build.js'
import { checkReasoning } from './check-reasoning.js'
import { CAMERA_DIRECTIONS, datasetOptionsSchema } from './options.js'
import { randomRoom } from './rooms.test-helper.js'
import { geometricReasoning } from './teacher.js'

const { spatial } = makeDataset({
  records: Array.from({ length: 8 }, (_, i) => randomRoom(i)),
  options: datasetOptionsSchema.parse({ camera_directions: CAMERA_DIRECTIONS }),
  seed: 1,
})
const half = { rescale: (box: number[]) => box.map((x) => x / 2) as [number, number, number, number] }
const traces = spatial.flatMap((sample) => {
  const text = geometricReasoning(sample, half)
  return text === null ? [] : [{ sample, text }]
})

describe('checking reasoning', () => {
  it('finds nothing wrong in what the geometric teacher writes', () => {
    expect(traces.length).toBeGreaterThan(500)
    for (const { sample, text } of traces) expect(checkReasoning(sample, text, half), text).toEqual([])
  })

  it('finds every box that was moved', () => {
    const boxed = traces.filter(({ text }) => text.includes(' at ['))
    for (const { sample, text } of boxed) {
      const moved = text.replace(/ at \[(\d+),/, (_, x: string) => ` at [${Number(x) + 90},`)
      expect(checkReasoning(sample, moved, half), moved).toContainEqual(expect.stringMatching(/^wrong place/))
    }
    expect(boxed.length).toBeGreaterThan(500)
  })

  it('finds sums, comparisons and conclusions that were altered', () => {
    const kinds = new Set<string>()
    for (const { sample, text } of traces) {
      const altered: [string, string, RegExp][] = [
        ['sum', text.replace(/ = (\d+)/, (_, n: string) => ` = ${Number(n) + 2}`), /^wrong sum/],
        ['less', text.replace(/(\S+) < (\S+)/, '$2 < $1'), /^wrong comparison/],
        [
          'letter',
          text.replace(/that is [A-D]/, sample.answer === 'A' ? 'that is B' : 'that is A'),
          /^wrong conclusion: [AB]/,
        ],
      ]
      for (const [kind, changed, problem] of altered) {
        if (changed === text) continue
        kinds.add(kind)
        expect(checkReasoning(sample, changed, half), changed).toContainEqual(expect.stringMatching(problem))
      }
    }
    expect([...kinds].sort()).toEqual(['less', 'letter', 'sum'])
  })

  it('does not judge what it cannot read', () => {
    expect(checkReasoning(traces[0].sample, 'let me think. it looks close.')).toEqual([])
  })
})
