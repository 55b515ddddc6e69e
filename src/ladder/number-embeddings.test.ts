/** Numbers of a fresh model: neighbours are near, other tokens are left alone. */
import { expect, it } from 'vitest'
import { liveTensors, scope } from '../torch/tensor.js'
import { microConfig, microProcessor } from '../training/micro-model.test-helper.js'
import { initialWeights } from '../vision-language/model/folder.js'
import { arrangeNumbers } from './number-embeddings.js'

const EMBEDDINGS = 'model.embed_tokens.weight'

it('lie near their neighbours, as wide as before; words keep theirs', () => {
  const { tokenizer } = microProcessor()
  const config = microConfig(tokenizer)
  const before = liveTensors()
  const [fresh, arranged] = [0, 1].map(() => initialWeights(config, 5))
  arrangeNumbers(arranged, tokenizer, config.initializer_range, 5)
  const [old, rows] = [fresh, arranged].map((weights) =>
    scope(() => weights.get(EMBEDDINGS)?.numbers() ?? expect.fail('no embeddings')),
  )
  const { hidden_size: width } = config
  const row = (text: string, of = rows): number[] => {
    const [id, ...rest] = tokenizer.encode(text)
    expect(rest).toEqual([])
    return of.slice(id * width, (id + 1) * width)
  }
  const norm = (x: readonly number[]): number => Math.hypot(...x)
  const cosine = (a: number, b: number): number => {
    const [x, y] = [row(`${a}`), row(`${b}`)]
    return x.reduce((sum, value, i) => sum + value * y[i], 0) / (norm(x) * norm(y))
  }
  for (const n of [0, 40, 88]) {
    expect(cosine(n, n + 1)).toBeGreaterThan(cosine(n, n + 5))
    expect(cosine(n, n + 1)).toBeGreaterThan(0.8)
  }
  const wide = Array.from({ length: 90 }, (_, n) => norm(row(`${n}`)) ** 2 / width)
  const deviation = Math.sqrt(wide.reduce((a, b) => a + b, 0) / wide.length)
  expect(deviation / config.initializer_range).toBeGreaterThan(0.6)
  expect(deviation / config.initializer_range).toBeLessThan(1.6)
  expect(row(' chair')).toEqual(row(' chair', old))
  for (const weights of [fresh, arranged]) for (const value of weights.values()) value.dispose()
  expect(liveTensors()).toBe(before)
})
