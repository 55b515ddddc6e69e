/**
 * Steps of training beside TRL's, on the same folder (models/micro-base), pictures, texts and reward, two threads each,
 * one after the other in one run: GRPO without and with a reference, with the tower frozen and trained, and SFT.
 *
 *   SPATIAL_LADDER_REFERENCE_PYTHON=<python with torch, transformers and trl> npm run bench:training
 *
 * For the same libtorch on both sides, set up with that Python's torch first: SPATIAL_LADDER_LIBTORCH=<its folder>.
 * SPATIAL_LADDER_BENCH_STEPS sets how many steps are measured.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodePng } from '../../src/images/codec.js'
import { formulaPicture } from '../../src/images/formula-picture.js'
import { visionTokens } from '../../src/vision-language/special-tokens.js'
import { SHAPE, wordsOf } from './shape.js'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const python = process.env.SPATIAL_LADDER_REFERENCE_PYTHON ?? 'python3'
const model = here('../../models/micro-base')
const shape = { ...SHAPE, steps: Number(process.env.SPATIAL_LADDER_BENCH_STEPS ?? SHAPE.steps) }

interface Measured {
  library: string
  /** Median step, milliseconds, and its phases. */
  ms: number
  phases?: Record<string, number>
  /** Largest resident memory, bytes. */
  peak: number
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-training-'))
try {
  const pictures: string[] = []
  for (let i = 0; i < 4; i++) {
    pictures.push(path.join(folder, `${i}.png`))
    const { width, height } = shape.picture
    fs.writeFileSync(pictures[i], await encodePng(formulaPicture(width, height, i)))
  }
  const texts = (words: number, phase: number): string[] =>
    Array.from({ length: shape.rows }, (_, i) => wordsOf(words, i + phase))
  const measure = (command: string, args: string[], job: object): Measured => {
    const env = { ...process.env, OMP_NUM_THREADS: '2', TOKENIZERS_PARALLELISM: 'false' }
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit']
    const text = execFileSync(command, [...args, JSON.stringify(job)], { encoding: 'utf8', env, stdio })
    return JSON.parse(text.trim().split('\n').at(-1) as string)
  }
  const cases = [
    { name: 'GRPO, beta 0', kind: 'grpo', beta: 0, frozenTower: false },
    { name: 'GRPO, beta 0.04', kind: 'grpo', beta: SHAPE.beta, frozenTower: false },
    { name: 'GRPO, beta 0.04, tower frozen', kind: 'grpo', beta: SHAPE.beta, frozenTower: true },
    { name: 'SFT', kind: 'sft', beta: 0, frozenTower: false },
    { name: 'SFT, tower frozen', kind: 'sft', beta: 0, frozenTower: true },
  ]
  const inWords = ({ phases = {} }: Measured): string =>
    Object.entries(phases)
      .map(([name, ms]) => `${name.replace('time/', '')} ${Math.round(ms)}`)
      .join(', ')
  console.log(
    `${shape.prompts} prompts x ${shape.generations} completions of ${shape.completionTokens} tokens; SFT ${shape.rows} rows; medians of ${shape.steps} steps`,
  )
  for (const { name, ...settings } of cases) {
    const job = {
      ...settings,
      sharePrompt: true,
      folder: model,
      pictures,
      shape,
      questions: texts(shape.questionWords, 0),
      answers: texts(shape.answerWords, 3),
      banned: [...visionTokens, '<|im_end|>', '<|endoftext|>'],
    }
    const theirs = measure(python, [here('peer.py')], job)
    const ours = measure(process.execPath, ['--import', 'tsx', here('ours.ts')], job)
    console.log(`${name}: ours ${ours.library}; theirs ${theirs.library}`)
    console.log(
      `  step ${ours.ms.toPrecision(3)} ms and ${theirs.ms.toPrecision(3)} ms: ${(theirs.ms / ours.ms).toFixed(2)} times as fast (${inWords(ours)} ms)`,
    )
    if (settings.kind === 'grpo') {
      const apart = measure(process.execPath, ['--import', 'tsx', here('ours.ts')], {
        ...job,
        sharePrompt: false,
      })
      console.log(
        `  prompt not shared in the loss: ${apart.ms.toPrecision(3)} ms, ${Math.round(apart.peak / 1e6)} MB`,
      )
    }
    if (settings.frozenTower) {
      const kept = ['none', 'step', 'run'].map((featureCache): [string, Measured] => [
        featureCache,
        measure(process.execPath, ['--import', 'tsx', here('ours.ts')], { ...job, featureCache }),
      ])
      const inMs = ([name, { ms }]: [string, Measured]): string => `${name} ${ms.toPrecision(3)} ms`
      console.log(`  vision_feature_cache: ${kept.map(inMs).join(', ')}`)
    }
    console.log(
      `  peak memory ${Math.round(ours.peak / 1e6)} MB and ${Math.round(theirs.peak / 1e6)} MB: ${(ours.peak / theirs.peak).toFixed(2)}`,
    )
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
