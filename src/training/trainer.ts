/** What SFT and GRPO have in common, seen from the loop that drives them. */
export type StepMetrics = Record<string, number>

export interface StepTrainer {
  /** Brings what a step needs into memory; called ahead of time. */
  load(step: number): Promise<void>
  /** Forward and backward: gradients are accumulated into the parameters. */
  accumulate(step: number): StepMetrics & { loss: number; num_tokens: number }
  /** Whether a run may be continued at this step; always, if absent. */
  resumable?(step: number): boolean
  /** Rollouts of the last step, for the file that keeps them all. */
  records?(): Record<string, unknown>[]
}
