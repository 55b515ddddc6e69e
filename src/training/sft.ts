/** Supervised fine-tuning: one step of next-token loss on answers (every stage but reasoning). */
import { mul, neg, sum } from '../torch/ops.js'
import { createTape } from '../torch/tape.js'
import { scope } from '../torch/tensor.js'
import type { Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import { batchesOf, weightedMean } from './accumulation.js'
import { alignmentMetrics, createAlignment, namesOf } from './alignment.js'
import { ALONE, joinShares, type Ranks, shareOf } from './data-parallel.js'
import { createEncoder, sftRow } from './encode.js'
import type { Defects } from './fidelity.js'
import type { LossNormalization } from './options.js'
import { pack, packedHidden } from './pack.js'
import type { Pictures } from './pictures.js'
import type { RowExamples } from './schedule-rows.js'
import { stopwatch } from './stopwatch.js'
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
  /** Rows of a batch; the batches of a step are computed one after another. Absent: all rows at once. */
  batchSize?: number
  normalization?: LossNormalization
  /** Upstream's defects to reproduce; none if absent. */
  defects?: Defects
  /** Processes that share the batches of a step; absent: this one has them all. */
  ranks?: Ranks
}

/** Trained tokens of a row. */
const trainedTokens = ({ prefixScored, branches }: ReturnType<typeof sftRow>): number =>
  branches.reduce(
    (count, { ids, scoredFrom }) => count + ids.length - scoredFrom,
    prefixScored?.slice(1).filter(Boolean).length ?? 0,
  )

/** The loss of a step is the mean over its answer tokens: all alike, or batch by batch (`normalization`). */
export function createSft(settings: SftSettings): StepTrainer {
  const { model, processor, pictures, schedule, frozenTower, checkpointing, normalization } = settings
  const { ranks = ALONE } = settings
  const encode = createEncoder(processor, pictures, { wholeText: settings.defects?.has('D4') })
  const watch = stopwatch()
  /** Rows of a step in batches, of all processes. */
  const batchesAt = (step: number): RowExamples[][] =>
    batchesOf(schedule[step], settings.batchSize ?? schedule[step].length)

  const alignment = createAlignment(model, processor, pictures, namesOf(schedule))

  /** Adds the gradients of the batch's Σ −log p / `divisor`. */
  function accumulateText(
    examples: readonly RowExamples[],
    rows: ReturnType<typeof sftRow>[],
    divisor: number,
  ) {
    if (rows.length === 0) return { loss: 0, entropy: 0, tokens: 0, answers: 0 }
    const packed = pack(rows, model.config, model.rope)
    const media = examples.flatMap((row) => row[0].media)
    const tape = checkpointing ? createTape() : null
    const features = pictures.batchFeatures(model, media, frozenTower, tape)
    const hidden = packedHidden(model, packed, features, tape)
    const { loss, entropy } = backwardTokens(model, hidden, packed, (logp) =>
      mul(neg(sum(logp)), 1 / divisor),
    )
    tape?.backward()
    return { loss, entropy, tokens: packed.ids.length, answers: packed.targets.length }
  }

  return {
    load: (step) =>
      pictures.load(shareOf(batchesAt(step), ranks).flatMap((rows) => rows.flatMap((row) => row[0].media))),
    accumulate(step) {
      const all = batchesAt(step)
      const batches = shareOf(all, ranks).map((examples) => {
        const told = examples.filter(([example]) => !example.cells)
        const rows = told.map((row) => sftRow(row.map(encode), processor.tokenizer.special.image))
        const aligned = examples.filter(([example]) => example.cells).map(([example]) => encode(example))
        return { told, rows, aligned, answers: rows.reduce((count, row) => count + trainedTokens(row), 0) }
      })
      const answersOfStep =
        normalization === 'num_items_in_batch'
          ? ranks
              .gather(batches.reduce((count, { answers }) => count + answers, 0))
              .reduce((a, b) => a + b, 0)
          : null
      const own = watch('loss', () =>
        batches.map(({ told, rows, aligned, answers }) => ({
          ...scope(() => accumulateText(told, rows, answersOfStep ?? answers * all.length)),
          cells: aligned.length > 0 ? scope(() => alignment.accumulate(aligned, 1 / all.length)) : null,
        })),
      )
      const done = joinShares(ranks.gather(own))
      const cells = done.flatMap((batch) => batch.cells ?? [])
      const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
      return {
        loss: total(done.map(({ loss }) => loss)) + total(cells.map(({ loss }) => loss)),
        ...(done.some(({ answers }) => answers > 0)
          ? {
              entropy: weightedMean(
                done.map(({ entropy }) => entropy),
                done.map(({ answers }) => answers),
              ),
            }
          : {}),
        ...(cells.length > 0 ? alignmentMetrics(cells) : {}),
        num_tokens: total(done.map(({ tokens }) => tokens)) + total(cells.map(({ tokens }) => tokens)),
        ...watch.take(),
      }
    },
  }
}
