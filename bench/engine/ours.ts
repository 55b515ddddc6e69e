/** Our side of the benchmark: `ours.ts FOLDER` prints what it measured as one line of JSON. */
import { clearGradients } from '../../src/torch/autograd.js'
import { engineInfo } from '../../src/torch/engine.js'
import { add, mul, neg, sum } from '../../src/torch/ops.js'
import { adamW, clipGradientNorm } from '../../src/torch/optimizer.js'
import { scope, tensor } from '../../src/torch/tensor.js'
import { pack, packedHidden } from '../../src/training/pack.js'
import { backwardTokens } from '../../src/training/token-loss.js'
import { generate } from '../../src/vision-language/model/generate.js'
import { loadModel } from '../../src/vision-language/model/model.js'
import { median } from '../median.js'
import { GRID, NEW_TOKENS, patchValue, ROUNDS, ROWS, rowIds, VISUAL } from './shape.js'

const [folder] = process.argv.slice(2)
/** Median milliseconds, after two rounds that do not count. */
function timed(body: () => void, rounds = ROUNDS): number {
  const times: number[] = []
  for (let round = -2; round < rounds; round++) {
    const began = performance.now()
    body()
    if (round >= 0) times.push(performance.now() - began)
  }
  return median(times)
}

const grids = Array.from({ length: ROWS }, () => GRID)
const patches = tensor(
  Float32Array.from({ length: ROWS * VISUAL * 4 * 1176 }, (_, i) => patchValue(i)),
  [ROWS * VISUAL * 4, 1176],
)
const model = loadModel(folder)
for (const weight of model.weights.values()) weight.setRequiresGrad()
const optimizer = adamW(model.weights)
let loss = Number.NaN
function step(): void {
  scope(() => {
    const rows = Array.from({ length: ROWS }, (_, row) => {
      const ids = rowIds(row)
      const text = ids.slice(VISUAL + 2)
      return {
        prefix: ids.slice(0, VISUAL + 2),
        images: [GRID],
        videos: [],
        branches: [{ ids: text, scoredFrom: 0 }],
      }
    })
    const packed = pack(rows, model.config, model.rope)
    const features = { images: model.visionFeatures(patches, grids), videos: null }
    const hidden = packedHidden(model, packed, features)
    const count = packed.targets.length
    const result = backwardTokens(model, hidden, packed, (logp) => mul(neg(sum(logp)), 1 / count))
    if (Number.isNaN(loss)) loss = result.loss
  })
  clipGradientNorm(model.weights.values(), 1)
  optimizer.step(1e-6)
  clearGradients([...model.weights.values()])
}
const training = timed(step)
const peak = process.resourceUsage().maxRSS * 1024
const prompts = {
  input_ids: Array.from({ length: ROWS }, (_, row) => rowIds(row)),
  pixel_values: patches,
  image_grid_thw: grids,
}
const sample = (max_new_tokens: number): unknown =>
  scope(() => generate(model, prompts, { temperature: 1, max_new_tokens, stop: [] }))
const [a, b] = [tensor([1, 2, 3, 4], [2, 2]), tensor([1, 2, 3, 4], [2, 2])]
const ms = {
  '10,000 additions of 2 x 2': timed(() =>
    scope(() => {
      for (let i = 0; i < 10_000; i++) add(a, b).dispose()
    }),
  ),
  'training step': training,
  [`prefill of ${ROWS} rows and one token`]: timed(() => sample(1), 5),
  [`sampling ${NEW_TOKENS} tokens for ${ROWS} rows`]: timed(() => sample(NEW_TOKENS), 5),
  'loading the folder': timed(() => loadModel(folder).dispose()),
}
console.log(JSON.stringify({ library: `libtorch ${engineInfo().version}`, ms, loss, peak }))
