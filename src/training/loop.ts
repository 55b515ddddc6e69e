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
import { goneCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js'
import { ALONE, agree, type Ranks } from './data-parallel.js'
import type { CommonOptions } from './options.js'
import { type MetricsRow, openStepLog, silentLog } from './step-log.js'
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
  /** Aborting saves and ends the run; of several processes any may be told. */
  signal?: AbortSignal
  /** Processes that train together; the first writes. Absent: this one alone. */
  ranks?: Ranks
}

/**
 * Runs all steps that are left. @returns seconds of training over all sittings
 * @throws data error when the checkpoint in `folder` is another run's, AbortError when stopped (state saved), environment
 *   error when another process is lost
 */
export async function trainLoop(settings: LoopSettings): Promise<number> {
  const { trainer, weights, trained, optimizer, options, folder, fingerprint, signal } = settings
  const { ranks = ALONE } = settings
  const first = ranks.rank === 0
  const progress = (first && settings.progress) || silentProgress
  const parts = { weights, optimizer }
  const state = loadCheckpoint(folder, parts, fingerprint, ranks.size)
  const total = options.max_steps
  const warmup = Math.ceil(options.warmup_ratio * total)
  let done = state?.step ?? 0
  agree(ranks, 'to go on after step', done)
  const gone = goneCheckpoint(folder)
  if (gone !== null) progress.say?.(`${folder}: expected ${gone}, got none: going on after step ${done}`)
  const before = state?.seconds ?? 0
  const began = performance.now()
  const seconds = (): number => before + (performance.now() - began) / 1000
  const log = first ? openStepLog(folder, done) : silentLog()
  const watch = stopwatch()
  progress.update(done)

  let saved = performance.now()
  const save = async (): Promise<void> => {
    const state = { step: done, fingerprint, processes: ranks.size, seconds: seconds() }
    await saveCheckpoint(folder, parts, state, options.save_total_limit)
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
    if (ranks.size > 1) watch('reduce', () => ranks.sumGradients(trained.values()))
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
    const [memory] = ranks.greatest([1024 * process.resourceUsage().maxRSS])
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
      'memory/peak_rss': memory,
    }
    for (const { alarm, text } of log.write(row, trainer.records?.() ?? []))
      progress.say?.(`step ${done}: ${alarm}: ${text}`)
    progress.update(
      done,
      'reward' in metrics ? `reward ${metrics.reward.toFixed(2)}` : `loss ${loss.toFixed(3)}`,
    )
    const stopping = ranks.greatest([signal?.aborted ? 1 : 0])[0] > 0
    const resumable = trainer.resumable?.(done) ?? true
    const due = resumable && done % (options.save_steps ?? Number.POSITIVE_INFINITY) === 0
    if (due && first) await settings.onSaveStep?.(done, log.rows)
    const late = performance.now() - saved > 1000 * options.save_seconds
    if (first && resumable && done < total && (stopping || due || late)) await save()
    // After the last step there is nothing to come back for: the caller keeps the result.
    if (stopping && resumable && done < total) {
      await next
      // The others end when the state is saved.
      ranks.barrier()
      signal?.throwIfAborted()
      throw new DOMException('another process was stopped', 'AbortError')
    }
    await yieldToEvents()
  }
  progress.end()
  return seconds()
}
