import { describe, expect, it } from 'vitest'
import type { BenchmarkItem } from './benchmark.js'
import { cvBench } from './cv-bench.js'
import { sparBench } from './spar-bench.js'
import { spBenchMv, spBenchSi } from './spbench.js'
import { viewSpatialBench } from './viewspatial-bench.js'
import { vsiBench } from './vsi-bench.js'

const SIX = [vsiBench, spBenchSi, spBenchMv, sparBench, viewSpatialBench, cvBench].map(
  (benchmark) => [benchmark.name, benchmark] as const,
)
/** `$&` and the line break must come through as they are. */
const item: BenchmarkItem = {
  id: '0',
  row: 0,
  type: 'obj_spatial_relation_oo',
  kind: 'choice',
  scene: 's',
  question: 'Which? $& \nSay.',
  options: ['A. x', 'B. y'],
  answer: 'A',
  media: [],
  fields: { prompt: 'Which? $& \nSay.', choices: 'A. x\nB. y' },
}
const THINK =
  "\nPlease think about this question as if you were a human pondering deeply. Engage in an internal dialogue using expressions such as 'let me think', 'wait', 'Hmm', 'oh, I see', 'let's break it down', etc, or other natural language thought expressions It's encouraged to include self-reflection or verification in the reasoning process. \n\n"
const REASONED =
  "Please provide your detailed reasoning between the <think> </think> tags, and then answer the question with the option's letter from the given choices (e.g., A, B, etc.) within the <answer> </answer> tags."
const DIRECT = "Please answer with the option's letter from the given choices directly."
const WITH_OPTIONS = `${item.question}\nOptions:\nA. x\nB. y`

describe('the paper asks, whoever answers,', () => {
  it.each([
    ['VSI-Bench', WITH_OPTIONS, '', DIRECT.replace('choices', 'choices (e.g., A, B, etc.)')],
    ['SPBench-SI', WITH_OPTIONS, '', DIRECT.replace('choices', 'choices (e.g., A, B, etc.)')],
    ['SPBench-MV', WITH_OPTIONS, '', DIRECT.replace('choices', 'choices (e.g., A, B, etc.)')],
    ['SPAR-Bench', item.question, '\n', DIRECT],
    ['ViewSpatial-Bench', WITH_OPTIONS, '', DIRECT],
    ['CV-Bench', item.question, '', DIRECT],
  ])('a choice of %s to the byte', (name, question, between, direct) => {
    const [, { protocols }] = SIX.find(([other]) => other === name) ?? SIX[0]
    for (const protocol of [protocols.paper, protocols.strict])
      for (const family of ['local', 'api'] as const) {
        expect(protocol.prompt(item, { promptType: 'thinking', family })).toBe(
          `Question: ${question}${THINK}${between}${REASONED}`,
        )
        expect(protocol.prompt(item, { promptType: 'default', family })).toBe(
          `Question: ${question}\n\n${between}${direct}`,
        )
        expect(protocol.textFirst?.(family) ?? false).toBe(false)
      }
  })

  it.each(SIX)('%s with its tokens, temperature and two resizes', (_, { protocols }) => {
    for (const { generation, media, promptTypes } of [protocols.paper, protocols.strict]) {
      const tokens = (['thinking', 'default'] as const).map((promptType) =>
        generation({ promptType, family: 'local' }),
      )
      expect(tokens).toEqual([
        { max_new_tokens: 1024, temperature: 0.01, defaults: 'checkpoint' },
        { max_new_tokens: 128, temperature: 0.01, defaults: 'checkpoint' },
      ])
      expect(media.pixels).toEqual({ min_pixels: 12544, max_pixels: 401408, resize_twice: true })
      expect(promptTypes).toEqual(['thinking', 'default'])
    }
    expect(protocols.paper.notes.join(' ')).toMatch(/resized twice.*200 questions/)
  })
})
