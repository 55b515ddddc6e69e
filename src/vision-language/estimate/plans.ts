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

/** From fp32 throughout to what takes least; `bf16` has fp32 masters and moments. */
export function trainingPlans({ optim, frozenTower, rank }: PlanSettings): NamedPlan[] {
  const full = (['fp32', 'bf16'] as const).flatMap((precision) =>
    [false, true].map((checkpointing): NamedPlan => {
      const name = checkpointing ? `${precision}, checkpointing` : precision
      return { name, precision, optim, frozenTower, checkpointing, rank }
    }),
  )
  const lora: NamedPlan = {
    name: `LoRA r=${rank}, checkpointing`,
    precision: 'lora',
    optim: 'adamw_torch',
    frozenTower: true,
    checkpointing: true,
    rank,
  }
  return [...full, lora]
}
