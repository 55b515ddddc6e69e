/** Verifiable rewards of a completion: right answer, right form. Their sum is what GRPO maximises. */
import type { Sample } from '../schema/sample.js'
import { accuracyReward } from '../scoring/accuracy.js'
import { formatReward } from '../scoring/format.js'

/** By name, in the order of the recipe. */
export type Rewards = Record<string, number>

export const rewardsOf = (sample: Sample, completion: string): Rewards => ({
  accuracy: accuracyReward(sample, completion),
  format: formatReward(completion),
})

export const totalReward = (rewards: Rewards): number => Object.values(rewards).reduce((a, b) => a + b, 0)
