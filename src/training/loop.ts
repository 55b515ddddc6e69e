/**
 * The training loop: schedule, clipping, update, metrics, checkpoints. Killed at any moment it goes on from
 * its last checkpoint, with the numbers of a run that was never killed.
 */
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { dataError } from '../common/errors.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { clearGradients } from '../torch/autograd.js'
import { clipGradientNorm, type Optimizer } from '../torch/optimizer.js'
import { scheduleFactor } from '../torch/schedule.js'
import { scope, type Tensor } from '../torch/tensor.js'
import { notFinite } from './alarms.js'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js'
import type { CommonOptions } from './options.js'
import { type MetricsRow, openStepLog } from './step-log.js'
import { stopwatch } from './stopwatch.js'
import type { StepTrainer } from './trainer.js'

export interface LoopSettings {
  trainer: StepTrainer
  /** All weights of the model, and those of them that are trained. */
  weights: ReadonlyMap<string, Tensor>
  trained: ReadonlyMap<string, Tensor>
  optimizer: Optimizer
  options: CommonOptions
  /** The stage's folder: metrics, rollouts and checkpoints lie in it. */
  folder: string
  /** Decides whether a checkpoint belongs to this run. */
  fingerprint: string
  /** Told of every multiple of `save_steps`, before it is saved. */
  onSaveStep?: ((step: number, rows: readonly MetricsRow[]) => Promise<void>) | null
  progress?: Progress
  /** Aborting saves and ends the run. */
  signal?: AbortSignal
}

/**
 * Runs all steps that are left. @returns seconds of training over all sittings
 * @throws data error when the checkpoint in `folder` is another run's, AbortError when stopped (state saved)
 */
export async function trainLoop(settings: LoopSettings): Promise<number> {
  const { trainer, weights, trained, optimizer, options, folder, fingerprint, signal } = settings
  const progress = settings.progress ?? silentProgress
  const parts = { weights, optimizer }
  const state = loadCheckpoint(folder, parts, fingerprint)
  const total = options.max_steps
  const warmup = Math.ceil(options.warmup_ratio * total)
  let done = state?.step ?? 0
  const before = state?.seconds ?? 0
  const began = performance.now()
  const seconds = (): number => before + (performance.now() - began) / 1000
  const log = openStepLog(folder, done)
  const watch = stopwatch()
  progress.update(done)

  let saved = performance.now()
  const save = async (): Promise<void> => {
    await saveCheckpoint(
      folder,
      parts,
      { step: done, fingerprint, seconds: seconds() },
      options.save_total_limit,
    )
    saved = performance.now()
  }
  /** Pictures of a step, decoded on other threads; what fails is told where it is awaited. */
  const load = (step: number): Promise<void> => {
    const loading = step < total ? trainer.load(step) : Promise.resolve()
    loading.catch(() => {})
    return loading
  }
  let next = load(done)
  while (done < total) {
    await next
    // Pictures of the next step are decoded while this one computes.
    next = load(done + 1)
    const start = performance.now()
    const rate = options.learning_rate * scheduleFactor(options.lr_scheduler_type, done, warmup, total)
    const metrics = scope(() => trainer.accumulate(done))
    const norm = watch('optimizer', () => clipGradientNorm(trained.values(), options.max_grad_norm))
    const broken = notFinite(done + 1, metrics.loss, norm)
    if (broken) {
      log.raise(broken)
      throw dataError(
        `${folder} step ${done + 1}`,
        'a finite loss and gradient',
        `loss ${metrics.loss}, gradient norm ${norm}`,
      )
    }
    watch('optimizer', () => optimizer.step(rate))
    clearGradients([...trained.values()])
    done++
    const { loss, num_tokens, ...rest } = metrics
    const step_time = (performance.now() - start) / 1000
    const row = {
      step: done,
      loss,
      grad_norm: norm,
      learning_rate: rate,
      ...rest,
      num_tokens: (log.rows.at(-1)?.num_tokens ?? 0) + num_tokens,
      ...watch.take(),
      step_time,
      train_tokens_per_second: num_tokens / step_time,
      'memory/peak_rss': 1024 * process.resourceUsage().maxRSS,
    }
    for (const { alarm, text } of log.write(row, trainer.records?.() ?? []))
      progress.say?.(`step ${done}: ${alarm}: ${text}`)
    progress.update(
      done,
      'reward' in metrics ? `reward ${metrics.reward.toFixed(2)}` : `loss ${loss.toFixed(3)}`,
    )
    const resumable = trainer.resumable?.(done) ?? true
    const stopping = signal?.aborted ?? false
    const due = resumable && done % (options.save_steps ?? Number.POSITIVE_INFINITY) === 0
    if (due) await settings.onSaveStep?.(done, log.rows)
    const late = performance.now() - saved > 1000 * options.save_seconds
    if (resumable && done < total && (stopping || due || late)) await save()
    // After the last step there is nothing to come back for: the caller keeps the result.
    if (stopping && resumable && done < total) {
      await next
      signal?.throwIfAborted()
    }
    await yieldToEvents()
  }
  progress.end()
  return seconds()
}
