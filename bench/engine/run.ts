/**
 * Our engine beside Python's: calls of operators, a training step, sampled tokens, loading a folder; the same weights,
 * the same inputs, two threads each, one after the other in one run.
 *
 *   SPATIAL_LADDER_REFERENCE_PYTHON=<python with torch and transformers> npm run bench:engine
 *
 * For the same libtorch on both sides, set up with that Python's torch first: SPATIAL_LADDER_LIBTORCH=<its folder>.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseConfig } from '../../src/vision-language/config.js'
import { writeWeights } from '../../src/vision-language/model/folder.js'
import { freshModel } from '../../src/vision-language/model/model.js'
import { ROWS, TEXT, VISUAL } from './shape.js'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const python = process.env.SPATIAL_LADDER_REFERENCE_PYTHON ?? 'python3'

interface Measured {
  library: string
  /** Medians, milliseconds. */
  ms: Record<string, number>
  /** Loss of the first step, to show that both do the same. */
  loss: number
  /** Largest resident memory of a process that only trains, bytes. */
  peak: number
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-engine-'))
try {
  const config = parseConfig({
    model_type: 'qwen2_5_vl',
    vocab_size: 1000,
    hidden_size: 192,
    intermediate_size: 512,
    num_hidden_layers: 4,
    num_attention_heads: 6,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-6,
    rope_theta: 1e6,
    rope_scaling: { type: 'mrope', mrope_section: [4, 6, 6] },
    tie_word_embeddings: true,
    initializer_range: 0.05,
    bos_token_id: 990,
    eos_token_id: 991,
    pad_token_id: 990,
    vision_start_token_id: 992,
    vision_end_token_id: 993,
    image_token_id: 995,
    video_token_id: 996,
    vision_config: {
      depth: 4,
      hidden_size: 128,
      num_heads: 4,
      intermediate_size: 256,
      window_size: 112,
      fullatt_block_indexes: [1, 3],
      tokens_per_second: 2,
      out_hidden_size: 192,
      initializer_range: 0.05,
    },
  })
  const model = freshModel(config, 1)
  writeWeights(folder, config, model.weights)
  const parameters = [...model.weights.values()].reduce((sum, { size }) => sum + size, 0)
  model.dispose()
  const measure = (command: string, args: string[]): Measured => {
    const env = { ...process.env, OMP_NUM_THREADS: '2' }
    const text = execFileSync(command, [...args, folder], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    return JSON.parse(text.trim().split('\n').at(-1) as string)
  }
  const node = ['--import', 'tsx', here('ours.ts')]
  if (spawnSync(python, ['-c', 'import torch, transformers']).status !== 0)
    throw new Error(
      `${python}: expected torch and transformers in it (SPATIAL_LADDER_REFERENCE_PYTHON), got none`,
    )
  const theirs = measure(python, [here('peer.py')])
  const ours = measure(process.execPath, node)
  console.log(
    `${ROWS} rows of ${VISUAL} visual and ${TEXT} text tokens, ${(parameters / 1e6).toFixed(1)} million parameters, fp32, two threads`,
  )
  console.log(
    `ours: ${ours.library}; theirs: ${theirs.library}; loss ${ours.loss.toFixed(5)} and ${theirs.loss.toFixed(5)}`,
  )
  if (Math.abs(ours.loss - theirs.loss) > 1e-4) throw new Error('expected the same loss on both sides')
  const line = (what: string, a: string, b: string, ratio: number): void =>
    console.log(`  ${what.padEnd(40)}${a.padStart(12)}${b.padStart(12)}   ${ratio.toFixed(2)}`)
  console.log(`  ${''.padEnd(40)}${'ours'.padStart(12)}${'theirs'.padStart(12)}   ours / theirs`)
  for (const [name, ms] of Object.entries(ours.ms)) {
    const other = theirs.ms[name]
    line(name, `${ms.toPrecision(3)} ms`, `${other.toPrecision(3)} ms`, ms / other)
  }
  line(
    'peak memory',
    `${Math.round(ours.peak / 1e6)} MB`,
    `${Math.round(theirs.peak / 1e6)} MB`,
    ours.peak / theirs.peak,
  )
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
