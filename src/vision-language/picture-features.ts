/**
 * Features of pictures and videos in bounded memory: patches of a few are read at a time, and the tower runs
 * over them in pieces. A temporal patch never looks at another one, so that a video may be cut anywhere.
 */
import { noGrad } from '../torch/autograd.js'
import { cat, narrow } from '../torch/ops.js'
import { keep, scope, type Tensor, tensor } from '../torch/tensor.js'
import { PICTURE_BYTES, patchWidth, towerBytes } from './batch-memory.js'
import type { VisionInput } from './image-processor.js'
import type { Qwen2_5_VL } from './model/model.js'
import { type GridThw, mergedCount } from './window-index.js'

/** Some temporal patches of one input. */
interface Slice {
  input: number
  start: number
  count: number
}

/** Runs of temporal patches whose `bytes` together stay below `limit`, or one alone. */
function* runs(
  grids: readonly GridThw[],
  bytes: (grid: GridThw) => number,
  limit: number,
): Generator<Slice[]> {
  let run: Slice[] = []
  let used = 0
  for (const [input, grid] of grids.entries())
    for (let start = 0; start < grid[0]; start++) {
      if (run.length > 0 && used + bytes(grid) > limit) {
        yield run
        run = []
        used = 0
      }
      used += bytes(grid)
      const last = run.at(-1)
      if (last?.input === input) last.count++
      else run.push({ input, start, count: 1 })
    }
  if (run.length > 0) yield run
}

/**
 * Features of inputs that were read, each [n, H]; the caller disposes of them.
 * @param limit bytes the tower may take at a time
 */
export function visionFeatures(
  model: Qwen2_5_VL,
  inputs: readonly VisionInput[],
  limit = PICTURE_BYTES,
): Tensor[] {
  if (inputs.length === 0) return []
  const { vision_config: vision } = model.config
  const width = patchWidth(vision)
  const bytes = ([, h, w]: GridThw): number => towerBytes(vision, h, w)
  return scope(() => {
    const parts: Tensor[][] = inputs.map(() => [])
    for (const run of runs(
      inputs.map(({ grid_thw }) => grid_thw),
      bytes,
      limit,
    )) {
      const grids = run.map(({ input, count }): GridThw => {
        const [, h, w] = inputs[input].grid_thw
        return [count, h, w]
      })
      const patches = new Float32Array(grids.reduce((sum, [t, h, w]) => sum + t * h * w * width, 0))
      let at = 0
      for (const { input, start, count } of run) {
        const { pixel_values, grid_thw } = inputs[input]
        const frame = grid_thw[1] * grid_thw[2] * width
        patches.set(pixel_values.subarray(start * frame, (start + count) * frame), at)
        at += count * frame
      }
      const features = scope(() =>
        noGrad(() => model.visionFeatures(tensor(patches, [patches.length / width, width]), grids)),
      )
      let from = 0
      for (const [i, { input }] of run.entries()) {
        const length = mergedCount(grids[i], vision.spatial_merge_size)
        parts[input].push(narrow(features, 0, from, length))
        from += length
      }
    }
    return parts.map((own) => keep(cat(own, 0)))
  })
}
