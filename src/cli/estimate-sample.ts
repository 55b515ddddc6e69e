/** What one question with pictures takes and costs on a model. */
import type { Qwen2_5_VLConfig } from '../vision-language/config.js'
import {
  type ForwardFlops,
  forwardFlops,
  grpoAloneFlops,
  grpoSharedFlops,
  trainFlops,
} from '../vision-language/estimate/flops.js'
import { inferenceBytes, type TrainingBytes, trainingBytes } from '../vision-language/estimate/memory.js'
import { type NamedPlan, trainingPlans } from '../vision-language/estimate/plans.js'
import { type Row, singleSample, visualTokens } from '../vision-language/estimate/row.js'
import { gridOf } from '../vision-language/image-processor.js'
import type { EstimatedModel } from './estimate-model.js'

/** The sample, as the command line describes it. */
export interface SampleFlags {
  pictures: number
  pictureSize: { width: number; height: number }
  textTokens: number
  answerTokens: number
  /** Completions of a GRPO prompt. */
  generations: number
  loraRank: number
}

export type MemoryOf = TrainingBytes & { plan: string }

export interface SampleEstimate {
  pictures: number
  tokens: { visual: number; text: number; answer: number }
  generations: number
  memory: (MemoryOf & { use: 'sft' | 'grpo'; tower_frozen: boolean; beta_zero: boolean })[]
  flops: {
    forward: ForwardFlops
    sft_step: number
    sft_step_frozen_tower: number
    grpo_per_completion: { alone: number; shared_prompt: number; shared_prompt_frozen_tower: number }
  }
}

/** One picture question on a model. */
export function sampleOf(
  { config, processor }: EstimatedModel,
  flags: SampleFlags,
): { sample: SampleEstimate; inference: MemoryOf[] } {
  const { pictures, pictureSize, textTokens, answerTokens, generations, loraRank: rank } = flags
  const grids = Array.from({ length: pictures }, () => gridOf(pictureSize, 1, processor))
  const row = singleSample(grids, textTokens, answerTokens)
  const group = { ...row, branches: generations }
  const plans = [false, true].flatMap((frozenTower) =>
    trainingPlans({ optim: 'adamw_torch', frozenTower, rank }).filter(
      ({ precision, adapters }) => !frozenTower || (precision === 'bf16' && !adapters),
    ),
  )
  const sft = plans.map((plan) => ({
    use: 'sft' as const,
    plan: plan.name,
    tower_frozen: plan.frozenTower,
    beta_zero: false,
    ...trainingBytes(config, [row], plan),
  }))
  const grpoOf = (plan: NamedPlan, beta_zero: boolean) => ({
    use: 'grpo' as const,
    plan: plan.name,
    tower_frozen: plan.frozenTower,
    beta_zero,
    ...trainingBytes(config, [group], plan, { reference: !beta_zero }),
  })
  const inGroups = [
    ...plans.map((plan) => grpoOf(plan, false)),
    ...plans
      .filter(({ precision, checkpointing, adapters }) => precision === 'bf16' && checkpointing && !adapters)
      .map((plan) => grpoOf(plan, true)),
  ]
  const step = (frozenTower: boolean) => ({ frozenTower, checkpointing: false })
  const grpo = (frozenTower: boolean) => ({ ...step(frozenTower), reference: true, iterations: 1 })
  const sample = {
    pictures,
    tokens: { visual: visualTokens(config, grids), text: textTokens, answer: answerTokens },
    generations,
    memory: [...sft, ...inGroups],
    flops: {
      forward: forwardFlops(config, row),
      sft_step: trainFlops(config, row, step(false)),
      sft_step_frozen_tower: trainFlops(config, row, step(true)),
      grpo_per_completion: {
        alone: grpoAloneFlops(config, group, grpo(false)),
        shared_prompt: grpoSharedFlops(config, group, grpo(false)),
        shared_prompt_frozen_tower: grpoSharedFlops(config, group, grpo(true)),
      },
    },
  }
  return { sample, inference: answeringBytes(config, row) }
}

/** Answering one question in either type. */
export function answeringBytes(config: Qwen2_5_VLConfig, row: Row): MemoryOf[] {
  return (['bf16', 'fp32'] as const).map((plan) => ({
    plan,
    ...inferenceBytes(config, row, plan === 'bf16' ? 2 : 4),
  }))
}
