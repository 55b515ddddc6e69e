/** The native sampling chain against the one of operators. */
import { describe, expect, it } from 'vitest'
import { rng } from '../../common/random.js'
import { scope, tensor } from '../../torch/tensor.js'
import { drawByOperators, drawTokens, type SamplingOptions } from './sampling.js'

const R = 6
const V = 211
const random = rng(5, 'sampling-test')
const values = Array.from({ length: R * V }, () => 3 * random.normal())
// Ties at the edges of the filters.
for (let i = 0; i < R * V; i += 7) values[i] = Math.round(values[i])
const lines = Int32Array.from([4, 0, 0, 5, 2, 1])
const flags = (size: number, share: number): Uint8Array =>
  Uint8Array.from({ length: size }, () => (random.next() < share ? 1 : 0))
const banned = flags(V, 0.1)
const seen = flags(lines.length * V, 0.3)

const CHAINS: SamplingOptions[] = [
  { temperature: 0 },
  { temperature: 0, repetition_penalty: 1.7 },
  { temperature: 1 },
  { temperature: 0.6 },
  { temperature: 1, top_k: 1 },
  { temperature: 1.3, top_k: 20 },
  { temperature: 1, top_p: 0.8 },
  { temperature: 2.5, top_p: 0.999 },
  { temperature: 1, min_p: 0.05 },
  { temperature: 1.5, min_p: 1 },
  { temperature: 0.9, top_k: 40, top_p: 0.9, min_p: 0.02, repetition_penalty: 1.2 },
]

describe('drawing tokens', () => {
  it.each(CHAINS)('keeps and draws what operators do: %o', (options) => {
    scope(() => {
      const logits = tensor(values, [R, V])
      let same = 0
      const n = 60
      const penalised = options.repetition_penalty ? seen : null
      for (let i = 0; i < n; i++) {
        const draws = {
          lines,
          banned,
          seen: penalised,
          uniforms: Float64Array.from(lines, (_, r) => (i + r / 10) / n),
        }
        const native = [...Array.from(drawTokens(logits, options, draws))]
        const composed = drawByOperators(logits, options, draws)
        for (const [r, id] of native.entries()) {
          expect(banned[id]).toBe(0)
          if (id === composed[r]) same++
        }
      }
      // A draw on the very edge between two tokens may fall either way.
      expect(n * lines.length - same).toBeLessThanOrEqual(1)
    })
  })

  it('gives each token its share under min-p', () => {
    scope(() => {
      // Shares .64 .24 .09 .03: a quarter of the likeliest keeps the first two.
      const logits = tensor([3, 2, 1, 0], [1, 4])
      const counts = [0, 0, 0, 0]
      const n = 4000
      for (let i = 0; i < n; i++) {
        const uniforms = Float64Array.of((i + 0.5) / n)
        const [id] = Array.from(
          drawTokens(
            logits,
            { temperature: 1, min_p: 0.25 },
            { lines: Int32Array.of(0), uniforms, banned: null, seen: null },
          ),
        )
        counts[id]++
      }
      const first = Math.E / (Math.E + 1)
      expect(counts[0] / n).toBeCloseTo(first, 3)
      expect(counts[1] / n).toBeCloseTo(1 - first, 3)
      expect(counts.slice(2)).toEqual([0, 0])
    })
  })
})
