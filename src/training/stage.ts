/**
 * One rung of the ladder: takes the folder of the one before, trains, and leaves a folder that transformers
 * loads. `stage.json` is written last and says that the stage is complete and what it was made from.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { removeTemporaries, sha256 } from '../common/files.js'
import { engine } from '../torch/engine.js'
import { muon } from '../torch/muon.js'
import { adamW, type Optimizer } from '../torch/optimizer.js'
import type { Tensor } from '../torch/tensor.js'
import { isHidden } from '../vision-language/model/names.js'
import { copyProcessorFiles } from '../vision-language/processor-folder.js'
import { bestKeeper } from './best.js'
import { checkpointSteps, countOf, LAST } from './checkpoint.js'
import { ALONE, agree } from './data-parallel.js'
import { stageProcessor } from './fidelity.js'
import { writeFirstBatch } from './first-batch.js'
import { createGrpo } from './grpo.js'
import { trainLoop } from './loop.js'
import { type CommonOptions, isGrpo } from './options.js'
import { Pictures } from './pictures.js'
import { openPolicy } from './policy.js'
import { loadRewards, rewardHash } from './rewards.js'
import { createSft } from './sft.js'
import { readStageFile, type StageFile, writeStageFile } from './stage-file.js'
import type { StageJob } from './stage-job.js'
import { stageRows } from './stage-rows.js'

/**
 * Trains the stage, or goes on with it, or finds it complete.
 * @throws data error when the parent is incomplete, or what lies in `out` is from another recipe
 */
export async function runStage(job: StageJob): Promise<StageFile> {
  const { name, from, out, options, seed, style, dataHash, ranks = ALONE } = job
  const first = ranks.rank === 0
  const parent = readStageFile(from)
  const fingerprint = sha256(
    JSON.stringify([
      name,
      options,
      seed,
      style,
      dataHash,
      parent.weights_sha256,
      engine().version(),
      engine().threads(),
      ...(isGrpo(options) ? [rewardHash(options)] : []),
      ...(job.defects ?? []),
    ]),
  )
  agree(ranks, 'recipe, data and engine', fingerprint.slice(0, 12))
  agree(ranks, `${out}`, fs.existsSync(path.join(out, 'stage.json')) ? 'complete' : 'incomplete')
  if (fs.existsSync(path.join(out, 'stage.json'))) {
    const found = readStageFile(out)
    if (found.processes !== ranks.size)
      throw dataError(out, `a stage of ${countOf(ranks.size)}`, `one of ${found.processes}; start as many`)
    if (found.fingerprint === fingerprint) {
      if (first) tidy(out)
      return found
    }
    throw dataError(out, 'a stage of this recipe, data and engine', 'one of another; use a fresh run folder')
  }
  const policy = openPolicy(from, options, seed)
  const { frozenTower, model, trained } = policy
  const processor = stageProcessor(from, job.defects)
  const pictures = new Pictures(
    processor.image_processor,
    undefined,
    options.gradient_accumulation_steps,
    options.vision_feature_cache,
  )
  const optimizer = optimizerFor(trained, options)
  try {
    const rows = await stageRows(job, processor)
    const parts = { model, processor, pictures, frozenTower, defects: job.defects, ranks }
    const trainer = isGrpo(options)
      ? createGrpo({
          ...parts,
          reference: options.beta > 0 ? policy.reference() : null,
          schedule: rows.map((step) => step.map(([example]) => example)),
          options,
          seed,
          rewards: await loadRewards(options),
        })
      : createSft({
          ...parts,
          schedule: rows,
          checkpointing: options.gradient_checkpointing,
          batchSize: options.per_device_train_batch_size,
          normalization: options.loss_normalization,
        })
    if (first) await writeFirstBatch(out, rows[0], { ...parts, isPrompt: isGrpo(options) })
    const seconds = await trainLoop({
      trainer,
      weights: policy.saved,
      trained,
      optimizer,
      options,
      folder: out,
      fingerprint,
      onSaveStep: bestKeeper(out, options, (target) => {
        copyProcessorFiles(from, target)
        policy.write(target)
      }),
      progress: job.progress,
      signal: job.signal,
      ranks,
    })
    if (first) {
      copyProcessorFiles(from, out)
      policy.write(out)
      writeStageFile(out, {
        name,
        fingerprint,
        parent: { folder: path.basename(from), weights_sha256: parent.weights_sha256 },
        steps: options.max_steps,
        processes: ranks.size,
        seconds,
      })
      tidy(out)
    }
    ranks.barrier()
    return readStageFile(out)
  } finally {
    optimizer.dispose()
    pictures.dispose()
    policy.dispose()
  }
}

/** Removes from a complete stage what only served to go on with it. */
function tidy(folder: string): void {
  removeTemporaries(folder)
  for (const step of checkpointSteps(folder))
    fs.rmSync(path.join(folder, `checkpoint-${step}`), { recursive: true })
  fs.rmSync(path.join(folder, LAST), { force: true })
}

function optimizerFor(trained: ReadonlyMap<string, Tensor>, options: CommonOptions): Optimizer {
  const settings = {
    betas: [options.adam_beta1, options.adam_beta2] as [number, number],
    eps: options.adam_epsilon,
    weight_decay: options.weight_decay,
  }
  return options.optim === 'muon' ? muon(trained, isHidden, settings) : adamW(trained, settings)
}
