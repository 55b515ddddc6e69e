/** Supervised fine-tuning: one step of next-token loss on answers (every stage but reasoning). */
import { mul, neg, sum } from '../torch/ops.js'
import { createTape } from '../torch/tape.js'
import type { Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import { createEncoder, sftRow } from './encode.js'
import { pack, packedHidden } from './pack.js'
import type { Pictures } from './pictures.js'
import type { RowExamples } from './schedule-rows.js'
import { backwardTokens } from './token-loss.js'
import type { StepTrainer } from './trainer.js'

export interface SftSettings {
  model: Qwen2_5_VL
  processor: Processor
  pictures: Pictures
  /** Rows of every step. */
  schedule: readonly RowExamples[][]
  frozenTower: boolean
  /** Layers are computed anew in backward, for memory. */
  checkpointing?: boolean
}

/** The loss of a step is the mean over all its answer tokens. */
export function createSft(settings: SftSettings): StepTrainer {
  const { model, processor, pictures, schedule, frozenTower, checkpointing } = settings
  const encode = createEncoder(processor, pictures)
  return {
    load: (step) => pictures.load(schedule[step].flatMap((row) => row[0].media)),
    accumulate(step) {
      const rows = schedule[step].map((row) => sftRow(row.map(encode)))
      const packed = pack(rows, model.config, model.rope)
      const media = schedule[step].flatMap((row) => row[0].media)
      const tape = checkpointing ? createTape() : null
      const features = pictures.batchFeatures(model, media, frozenTower, tape)
      const hidden = packedHidden(model, packed, features, tape)
      const count = packed.targets.length
      const { loss, entropy } = backwardTokens(model, hidden, packed, (logp) =>
        mul(neg(sum(logp)), 1 / count),
      )
      tape?.backward()
      return { loss, entropy, num_tokens: packed.ids.length }
    },
  }
}
