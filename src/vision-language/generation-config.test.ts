/** Sampling settings of a model folder; the rest of the rule is tested with the client that uses it. */
import { expect, it } from 'vitest'
import { checkpointSampling } from './generation-config.js'

it('takes min_p from the folder where the caller leaves it open, and is silent about one that does nothing', () => {
  const common = { temperature: 1, top_p: 1, top_k: 50, repetition_penalty: 1 }
  expect(checkpointSampling({}, { do_sample: true, min_p: 0.1 })).toEqual({ ...common, min_p: 0.1 })
  expect(checkpointSampling({ min_p: 0.3 }, { do_sample: true, min_p: 0.1 })).toEqual({
    ...common,
    min_p: 0.3,
  })
  expect(checkpointSampling({}, { do_sample: true, min_p: 0 })).toEqual(common)
})
