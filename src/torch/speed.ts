/** How fast matrix products are here: what bounds every estimate of time from below. */
import { noGrad } from './autograd.js'
import type { Dtype } from './dtype.js'
import { matmul, ones } from './ops.js'
import { scope } from './tensor.js'

const SIZE = 1024
const ROUNDS = 5

/** FLOP/s of products of 1,024 × 1,024 matrices, the best of a few rounds: a fraction of a second. */
export const productSpeed = (dtype: Dtype): number =>
  noGrad(() =>
    scope(() => {
      const x = ones([SIZE, SIZE], dtype)
      let best = 0
      for (let round = 0; round < ROUNDS; round++)
        scope(() => {
          const began = performance.now()
          matmul(x, x)
          best = Math.max(best, (2 * SIZE ** 3) / ((performance.now() - began) / 1000))
        })
      return best
    }),
  )
