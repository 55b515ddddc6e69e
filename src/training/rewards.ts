/** Verifiable rewards of a completion: right answer, right form. Their sum is what GRPO maximises. */
import type { Sample } from '../schema/sample.js'
import { accuracyReward } from '../scoring/accuracy.js'
import { formatReward } from '../scoring/format.js'

export interface Rewards {
  accuracy: number
  format: number
}

export const rewardsOf = (sample: Sample, completion: string): Rewards => ({
  accuracy: accuracyReward(sample, completion),
  format: formatReward(completion),
})

export const totalReward = ({ accuracy, format }: Rewards): number => accuracy + format
