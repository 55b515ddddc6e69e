/** Numbers of a fresh micro model start where neighbours lie near each other, as they do in a model that has read. */
import { rng } from '../common/random.js'
import { keep, scope, type Tensor, tensor } from '../torch/tensor.js'
import type { TextTokenizer } from '../vision-language/tokenizer.js'

const EMBEDDINGS = 'model.embed_tokens.weight'
/** Waves a number is made of: how many, the shortest and the longest. */
const WAVES = { count: 32, shortest: 6, longest: 600 }

/**
 * Puts, in place of the fresh embeddings [V, H] of integers that are one token, sums of waves along the numbers with random
 * directions, of the same standard deviation.
 */
export function arrangeNumbers(
  weights: Map<string, Tensor>,
  tokenizer: TextTokenizer,
  deviation: number,
  seed: number,
): void {
  const fresh = weights.get(EMBEDDINGS)
  if (!fresh) return
  const [, width] = fresh.shape
  const values = Float32Array.from(scope(() => fresh.numbers()))
  const random = rng(seed, 'number-embeddings')
  const direction = (): Float64Array => Float64Array.from({ length: width }, () => random.normal())
  const waves = Array.from({ length: WAVES.count }, (_, k) => ({
    length: WAVES.shortest * (WAVES.longest / WAVES.shortest) ** (k / (WAVES.count - 1)),
    even: direction(),
    odd: direction(),
  }))
  for (let n = 0; n <= 999; n++) {
    const ids = tokenizer.encode(`${n}`)
    if (ids.length > 1) continue
    for (let i = 0; i < width; i++)
      values[ids[0] * width + i] =
        (deviation / Math.sqrt(WAVES.count)) *
        waves.reduce((sum, { length, even, odd }) => {
          const angle = (2 * Math.PI * n) / length
          return sum + Math.cos(angle) * even[i] + Math.sin(angle) * odd[i]
        }, 0)
  }
  weights.set(EMBEDDINGS, keep(tensor(values, fresh.shape)))
  fresh.dispose()
}
