/** Rewards by name: upstream's two, policies at their edges, and functions of a user's own. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readJsonl } from '../common/jsonl.js'
import { microSamples } from './micro-model.test-helper.js'
import { type GrpoOptions, grpoOptionsSchema, stagesSchema } from './options.js'
import { loadRewards, rewardFiles, rewardsOf, totalReward, UPSTREAM_REWARDS } from './rewards.js'
import { runStage } from './stage.js'
import { stageHome } from './stage-home.test-helper.js'

const { at, job } = stageHome('rewards')

const options = (change: object = {}): GrpoOptions =>
  grpoOptionsSchema.parse({
    max_steps: 2,
    learning_rate: 1e-3,
    per_device_train_batch_size: 4,
    num_generations: 2,
    max_completion_length: 12,
    beta: 0,
    ...change,
  })
const [boxes, choice, number] = microSamples
const write = (name: string, text: string): string => {
  fs.writeFileSync(at(name), text)
  return at(name)
}

describe("upstream's", () => {
  const reward = (sample: typeof choice, completion: string): number =>
    totalReward(UPSTREAM_REWARDS, rewardsOf(UPSTREAM_REWARDS, { sample, completion, prompt: '' }))

  it('are one for the right answer and one for the right form', () => {
    expect(reward(choice, '<think>chair</think><answer>A</answer>')).toBe(2)
    expect(reward(choice, '<think>chair</think><answer>B</answer>')).toBe(1)
    expect(reward(choice, 'A')).toBe(1)
    expect(reward(choice, 'B')).toBe(0)
    expect(reward(choice, '')).toBe(0)
  })

  it('of a number fall with its distance', () => {
    // Target 1. 1.28 is off by 0.28: within 1 − θ for θ = .5 .. .7, five of ten thresholds.
    expect(reward(number, '<answer>1</answer>')).toBe(1)
    expect(reward(number, '<answer>1.28</answer>')).toBeCloseTo(0.5, 6)
    expect(reward(number, '<answer>5</answer>')).toBe(0)
  })

  it('of boxes are their IoU, and one for a list of boxes alone', () => {
    const [x1, y1, x2, y2] = [10, 5, 40, 30]
    const text = `[{"bbox_2d": [${x1}, ${y1}, ${x2}, ${y2}], "label": "chair"}]`
    const of = (completion: string) => rewardsOf(UPSTREAM_REWARDS, { sample: boxes, completion, prompt: '' })
    expect(of(text)).toEqual({ accuracy: 1, format: 1 })
    expect(of(`\`\`\`json\n${text}\n\`\`\``)).toEqual({ accuracy: 1, format: 1 })
    expect(of(`Here: ${text}`)).toEqual({ accuracy: 1, format: 0 })
    expect(of(text.replace('40', '25')).accuracy).toBeCloseTo(0.5, 6)
    for (const wrong of [
      '[]',
      '[{"bbox_2d": [1, 2, 3], "label": "chair"}]',
      '[{"bbox_2d": [1, 2, 3, 4]}]',
      '[',
    ])
      expect([wrong, of(wrong).format]).toEqual([wrong, 0])
  })
})

describe('policies at the edges', () => {
  const accuracy = async (policy: object, answer: string, completion: string): Promise<number> => {
    const rewards = await loadRewards(options({ accuracy_policy: policy, reward_funcs: ['accuracy'] }))
    return rewardsOf(rewards, { sample: { ...number, answer }, completion, prompt: '' }).accuracy
  }
  const cases: [policy: object, answer: string, completion: string, refused: number, read: number][] = [
    [{ units: 'drop' }, '42', '42 cm', 0, 1],
    [{ units: 'drop' }, '3.1', '3.1m.', 0, 1],
    [{ units: 'drop' }, '12', '<answer>12 square meters</answer>', 0, 1],
    [{ number_words: 'read' }, '2', '<answer>Two</answer>', 0, 1],
    [{ thousands_commas: 'read' }, '1200', '1,200', 0, 1],
    [{ units: 'drop', thousands_commas: 'read' }, '1200', '1,200 mm', 0, 1],
    // Not what the policy speaks of.
    [{ units: 'drop' }, '42', '42 chairs', 0, 0],
    [{ thousands_commas: 'read' }, '12', '1,2', 0, 0],
    [{ number_words: 'read' }, '2', 'two chairs', 0, 0],
    // Error 0.3 against a target of 0: within five limits, or simply not 0.
    [{ zero_target: 'exact' }, '0', '0.28', 0.5, 0],
    [{ zero_target: 'exact' }, '0', '0', 1, 1],
  ]
  it.each(cases)('%j: %s answered with %s', async (policy, answer, completion, refused, read) => {
    expect(await accuracy({}, answer, completion)).toBeCloseTo(refused, 6)
    expect(await accuracy(policy, answer, completion)).toBeCloseTo(read, 6)
  })

  it('a target of 0 ends the run where that is asked for, as upstream does', async () => {
    await expect(accuracy({ zero_target: 'throw' }, '0', '1')).rejects.toThrow('a target other than 0')
  })

  it('boxes by IoU, or by how many reach one half', async () => {
    const half = '[{"bbox_2d": [10, 5, 31, 30], "label": "chair"}]'
    const of = async (policy: object) => {
      const rewards = await loadRewards(options({ accuracy_policy: policy }))
      return rewardsOf(rewards, { sample: boxes, completion: half, prompt: '' }).accuracy
    }
    expect(await of({})).toBeCloseTo(0.7, 6)
    expect(await of({ boxes: 'iou_50' })).toBe(1)
  })
})

describe("a user's reward", () => {
  it('is a function in a file that the recipe names, with a weight', async () => {
    const file = fileURLToPath(new URL('../../examples/brief-reward.mjs', import.meta.url))
    const rewards = await loadRewards(
      options({ reward_funcs: ['accuracy', 'format', file], reward_weights: [1, 1, 0.2] }),
    )
    expect(rewards.map(({ name }) => name)).toEqual(['accuracy', 'format', 'brief-reward'])
    const completion = `<think>${'chair '.repeat(20)}</think><answer>A</answer>`
    const values = rewardsOf(rewards, { sample: choice, completion, prompt: '' })
    expect(values).toEqual({ accuracy: 1, format: 1, 'brief-reward': 1 })
    expect(totalReward(rewards, values)).toBeCloseTo(2.2, 12)
  })

  it('is what a stage climbs, in its metrics and rollouts; another function is another run', async () => {
    const file = write(
      'length.mjs',
      'export default ({ completion, prompt, sample }) =>\n  prompt.length && sample.question ? completion.length / 100 : NaN\n',
    )
    const given = options({ reward_funcs: [file, 'format'], reward_weights: [2, 1] })
    await runStage(job('own', given))
    const rows = readJsonl<Record<string, number>>(path.join(at('own'), 'metrics.jsonl'))
    for (const row of rows) {
      expect(row['rewards/length/mean']).toBeGreaterThan(0)
      expect(row.reward).toBeCloseTo(2 * row['rewards/length/mean'] + row['rewards/format/mean'], 9)
    }
    const [{ completions }] = readJsonl<{
      completions: { completion: string; rewards: { length: number } }[]
    }>(path.join(at('own'), 'rollouts.jsonl'))
    for (const { completion, rewards } of completions) expect(rewards.length).toBe(completion.length / 100)
    fs.appendFileSync(file, '// changed\n')
    await expect(runStage(job('own', given))).rejects.toThrow(/expected a stage of this recipe/)
  })

  it('that is none is told in one line', async () => {
    expect(() => rewardFiles(options({ reward_funcs: ['acuracy'] }))).toThrow(
      'reward_funcs: expected accuracy, format or a file with a function, got acuracy',
    )
    const load = (text: string, name: string) => loadRewards(options({ reward_funcs: [write(name, text)] }))
    await expect(load('export const x = 1', 'none.mjs')).rejects.toThrow(
      /none.mjs: expected a function as default export, got none$/,
    )
    await expect(load('export default 3', 'three.mjs')).rejects.toThrow(/as default export, got number$/)
    await expect(load('export default (', 'broken.mjs')).rejects.toThrow(
      /expected a module that can be loaded/,
    )
    const use = async (text: string, name: string) =>
      rewardsOf(await load(text, name), { sample: choice, completion: '', prompt: '' })
    await expect(use('export default () => NaN', 'nan.mjs')).rejects.toThrow(
      'reward nan: expected a finite number, got NaN',
    )
    await expect(use('export default async () => 1', 'late.mjs')).rejects.toThrow(
      'reward late: expected a finite number, got an object',
    )
    await expect(use('export default () => { throw new Error("no") }', 'error.mjs')).rejects.toThrow(
      'reward error: expected a number, got an error: no',
    )
  })

  it('weights and names are checked when the recipe is read', () => {
    const reasoning = (change: object) =>
      stagesSchema.safeParse({
        reasoning: {
          max_steps: 1,
          learning_rate: 1,
          per_device_train_batch_size: 4,
          max_completion_length: 1,
          ...change,
        },
      }).error?.issues[0].message
    expect(reasoning({})).toBeUndefined()
    expect(reasoning({ reward_weights: [1] })).toBe('as many as reward_funcs')
    expect(reasoning({ reward_funcs: ['format', 'format'] })).toBe('each once')
  })
})

it('prompts for boxes can be mixed in, and earn what their boxes overlap', async () => {
  await runStage(job('boxes', options({ data: { grounding: 1 } })))
  const rows = readJsonl<{ prompt: string; answer: string }>(path.join(at('boxes'), 'rollouts.jsonl'))
  for (const { prompt, answer } of rows) {
    expect(prompt).toMatch(/Give the boxes of the .+ in JSON/)
    expect(answer).toContain('bbox_2d')
  }
})
