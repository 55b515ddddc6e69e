/**
 * Scoring 5,130 answers to VSI-Bench under two protocols, intervals included, beside an independent scorer in
 * plain Python on the same files. Both must give the same numbers; then their times are compared.
 *
 *   npm run bench:evaluation        (python3, no packages)
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeJsonl } from '../../src/common/jsonl.js'
import { rng } from '../../src/common/random.js'
import { mannerOf } from '../../src/evaluation/benchmarks/prepared.js'
import { judge, summarise } from '../../src/evaluation/benchmarks/score.js'
import { vsiBench } from '../../src/evaluation/benchmarks/vsi-bench.js'
import { VSI_COUNTS, vsiKind } from '../../src/evaluation/benchmarks/vsi-types.js'
import { readPredictions } from '../../src/evaluation/predictions/read.js'

const ROUNDS = 5
const peer = path.join(path.dirname(fileURLToPath(import.meta.url)), 'score_peer.py')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-score-'))

/** Answers as models give them, right and wrong, in all manner of forms. */
function makeFiles(): { data: string; predictions: string } {
  const random = rng(1, 'bench/evaluation')
  const letters = ['A', 'B', 'C', 'D']
  const rows = Object.entries(VSI_COUNTS).flatMap(([question_type, count]) =>
    Array.from({ length: count }, () => ({ question_type })),
  )
  const data = rows.map(({ question_type }, i) => {
    const choice = vsiKind(question_type) === 'choice'
    return {
      id: i + Math.floor(i / 300),
      dataset: 'scannet',
      scene_name: `scene${String(i % 288).padStart(4, '0')}_00`,
      question_type,
      question: `Question ${i}?`,
      ground_truth: choice ? random.pick(letters) : String(random.int(1, 200) / random.pick([1, 10])),
      options: choice ? letters.map((letter) => `${letter}. thing ${letter}`) : null,
    }
  })
  const predictions = data.map(({ id, ground_truth, options }) => {
    const wrong = random.next() < 0.4
    const said = options
      ? wrong
        ? random.pick(letters)
        : ground_truth
      : String(wrong ? Number(ground_truth) * random.uniform(0.4, 1.8) : ground_truth)
    const frame = random.pick([
      (text: string) => text,
      (text: string) => `<think>I see a chair, ${random.int(1, 9)} m away.</think><answer>${text}</answer>`,
      (text: string) => `Answer: ${text}`,
      (text: string) => `The answer is ${text}.`,
      (text: string) => `${text} meters`,
      (text: string) => `(${text})`,
      (text: string) => `<answer>\n${text}\n</answer>`,
      (text: string) => `twenty one or ${text}`,
      () => '',
    ])
    return { id, prediction: frame(said) }
  })
  const files = { data: path.join(folder, 'test.jsonl'), predictions: path.join(folder, 'predictions.jsonl') }
  writeJsonl(files.data, data)
  writeJsonl(files.predictions, predictions)
  return files
}

interface Numbers {
  overall: number | null
  types: Record<string, number>
}

async function scoreAll(files: { data: string; predictions: string }, resamples: number) {
  const { items } = await vsiBench.load(files.data)
  const { predictions } = await readPredictions(files.predictions, items)
  return Object.fromEntries(
    (['official', 'paper'] as const).map((name): [string, Numbers] => {
      const { protocol, promptType } = mannerOf(vsiBench, name, 'local')
      const { overall, types } = summarise(judge(items, predictions, protocol, promptType), protocol, {
        resamples,
      })
      const scores = Object.entries(types).map(([type, { score }]) => [type, score ?? 0])
      return [name, { overall, types: Object.fromEntries(scores) }]
    }),
  )
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]
async function timed<T>(work: () => T | Promise<T>): Promise<{ result: T; ms: number }> {
  const began = performance.now()
  return { result: await work(), ms: performance.now() - began }
}

const files = makeFiles()
const ours: number[] = []
const bare: number[] = []
const theirs: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const mine = await timed(() => scoreAll(files, 1000))
  ours.push(mine.ms)
  bare.push((await timed(() => scoreAll(files, 0))).ms)
  // Its own clock, so that starting Python does not count.
  const peerResult = JSON.parse(
    execFileSync('python3', [peer, files.data, files.predictions], { encoding: 'utf8' }),
  ) as Record<string, Numbers> & { seconds: number }
  theirs.push(1000 * peerResult.seconds)
  for (const protocol of ['official', 'paper']) {
    const [a, b] = [mine.result[protocol], peerResult[protocol]]
    const gap = Math.max(
      Math.abs((a.overall ?? 0) - (b.overall ?? 0)),
      ...Object.entries(b.types).map(([type, score]) => Math.abs(score - a.types[type])),
    )
    if (!(gap < 1e-12) || Object.keys(a.types).length !== Object.keys(b.types).length)
      throw new Error(`${protocol}: expected the same scores as ${peer}, got a gap of ${gap}`)
  }
}
fs.rmSync(folder, { recursive: true })
const show = (ms: number): string => `${ms.toFixed(0)} ms`
console.log(`5,130 answers, official and paper protocols, medians of ${ROUNDS}; scores equal to 1e-12`)
console.log(`read and score, plain Python         ${show(median(theirs))}`)
console.log(
  `read and score, here                 ${show(median(bare))}   ratio ${(median(bare) / median(theirs)).toFixed(2)}`,
)
console.log(`the same with intervals (1,000 draws) ${show(median(ours))}`)
