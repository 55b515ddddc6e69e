/** The ways of training that an estimate compares. */
import type { Optimizer, TrainingPlan } from './memory.js'

export interface NamedPlan extends TrainingPlan {
  name: string
}

/** What all plans of a comparison share. */
export interface PlanSettings {
  optim: Optimizer
  frozenTower: boolean
  /** Of LoRA's adapters. */
  rank: number
}

/** `bf16, checkpointing`, `bf16, LoRA r=64`. */
export const planName = ({ precision, checkpointing, adapters }: TrainingPlan): string =>
  [
    precision,
    ...(adapters ? [`LoRA r=${adapters.rank}`] : []),
    ...(checkpointing ? ['checkpointing'] : []),
  ].join(', ')

/** From fp32 throughout to what takes least; `bf16` has fp32 masters and moments. */
export function trainingPlans({ optim, frozenTower, rank }: PlanSettings): NamedPlan[] {
  const full = (['fp32', 'bf16'] as const).flatMap((precision) =>
    [false, true].map(
      (checkpointing): TrainingPlan => ({ precision, optim, frozenTower, checkpointing, adapters: null }),
    ),
  )
  const lora: TrainingPlan = {
    precision: 'bf16',
    optim: 'adamw_torch',
    frozenTower: true,
    checkpointing: true,
    adapters: { rank },
  }
  return [...full, lora].map((plan) => ({ name: planName(plan), ...plan }))
}
