/** Supervised fine-tuning: one step of next-token loss on answers (every stage but reasoning). */
import { mul, neg, sum } from '../torch/ops.js'
import { createTape } from '../torch/tape.js'
import { scope, tensor } from '../torch/tensor.js'
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

/** Answers of a row, and its prefix where that is trained. */
const trainedAnswers = ({ prefixScored, branches }: ReturnType<typeof sftRow>): number =>
  branches.length + (prefixScored?.slice(1).some(Boolean) ? 1 : 0)

/** What every trained token weighs, where each answer, or trained prefix, weighs 1. */
function answerWeights(branch: readonly number[]): Float32Array {
  const tokens = new Map<number, number>()
  for (const one of branch) tokens.set(one, (tokens.get(one) ?? 0) + 1)
  return Float32Array.from(branch, (one) => 1 / (tokens.get(one) as number))
}

/** The loss of a step is a mean over its answer tokens: all alike, batch by batch or answer by answer (`normalization`). */
export function createSft(settings: SftSettings): StepTrainer {
  const { model, processor, pictures, schedule, frozenTower, checkpointing, normalization } = settings
  const { ranks = ALONE } = settings
  const encode = createEncoder(processor, pictures, { wholeText: settings.defects?.has('D4') })
  const watch = stopwatch()
  /** Rows of a step in batches, of all processes. */
  const batchesAt = (step: number): RowExamples[][] =>
    batchesOf(schedule[step], settings.batchSize ?? schedule[step].length)

  const alignment = createAlignment(model, processor, pictures, namesOf(schedule))

  /** Adds the gradients of the batch's Σ −log p / `divisor`, its tokens weighted as `normalization` says. */
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
    const weights = normalization === 'answer_mean' ? answerWeights(packed.branch) : null
    const { loss, entropy } = backwardTokens(model, hidden, packed, (logp, start) => {
      const weighted = weights ? mul(logp, tensor(weights.slice(start, start + logp.shape[0]))) : logp
      return mul(neg(sum(weighted)), 1 / divisor)
    })
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
        const total = (count: (row: (typeof rows)[number]) => number): number =>
          rows.reduce((sum, row) => sum + count(row), 0)
        return { told, rows, aligned, tokens: total(trainedTokens), answers: total(trainedAnswers) }
      })
      /** Of the whole step, all processes together. */
      const ofStep = (count: 'tokens' | 'answers'): number =>
        ranks.gather(batches.reduce((sum, batch) => sum + batch[count], 0)).reduce((a, b) => a + b, 0)
      const divisor = {
        batch_mean: null,
        num_items_in_batch: () => ofStep('tokens'),
        answer_mean: () => ofStep('answers'),
      }[normalization ?? 'batch_mean']?.()
      const own = watch('loss', () =>
        batches.map(({ told, rows, aligned, tokens }) => ({
          ...scope(() => accumulateText(told, rows, divisor ?? tokens * all.length)),
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
