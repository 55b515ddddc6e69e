/** `estimate` as a user runs it: recipes and models, here or not, with nothing loaded. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readRecipe } from '../ladder/recipe.js'
import { type Estimate, type EstimateFlags, estimate } from './estimate-result.js'
import { kindsOf, textTokens } from './estimate-stages.js'
import { estimateText, formatFlops } from './estimate-text.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const inside = (name: string): string => path.join(repository, name)
const flags: EstimateFlags = {
  pictures: 1,
  pictureSize: { width: 1296, height: 968 },
  textTokens: 250,
  answerTokens: 300,
  generations: 4,
  loraRank: 64,
}
let home: string
beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'estimate-'))
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

function spatialLadder(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const words = [inside('scripts/spatial-ladder.mjs'), 'estimate', ...args]
  return spawnSync(process.execPath, words, { encoding: 'utf8', cwd: home })
}

describe("the paper's recipe, with no weights at hand", () => {
  const recipe = inside('recipes/spatialladder-3b.yaml')

  it('has the four stages with the batch, rates and steps of the paper', () => {
    const { stages } = readRecipe(recipe)
    expect(Object.keys(stages)).toEqual(['perception', 'understanding', 'cold-start', 'reasoning'])
    // One epoch of 5,929, 20,681 and 1,255 rows at 16 a step, of 20,680 prompts at 8.
    expect([5929, 20681, 1255].map((rows) => Math.ceil(rows / 16))).toEqual(
      (['perception', 'understanding', 'cold-start'] as const).map((name) => stages[name]?.max_steps),
    )
    expect(stages.reasoning).toMatchObject({ max_steps: 20680 / 8, num_generations: 4, beta: 0.01 })
    expect(stages.perception).toMatchObject({ learning_rate: 1e-5, optim: 'adamw_torch', warmup_ratio: 0.1 })
  })

  it('counts 26,610 questions, the videos among them', () => {
    const { totals } = readRecipe(recipe).data.train.dataset
    expect(5929 + Object.values(totals).reduce((a, b) => a + b, 0)).toBe(26_610)
    const dataset = readRecipe(inside('recipes/spatialladder-3b.yaml')).data.train.dataset
    expect(dataset.exclude_categories).toContain('doorframe')
    expect(readRecipe(recipe).data.test.dataset).toEqual(dataset)
  })

  it('is estimated stage by stage', () => {
    const result = estimate(recipe, flags)
    expect(result.model).toMatchObject({ name: 'Qwen2.5-VL-3B', source: 'published sizes', folder: null })
    expect(result.parameters.total).toBe(3_754_622_976)
    expect(result.checkpoint).toBeNull()
    expect(result.assumed.join('\n')).toContain('models/Qwen2.5-VL-3B-Instruct is not here')
    const stages = result.stages ?? expect.fail('no stages')
    const [perception, understanding, coldStart, reasoning] = stages
    expect(perception).toMatchObject({
      kind: 'sft',
      rows_per_step: 16,
      rows_per_batch: 1,
      tokens: { longest_visual: 117 },
    })
    // Eight pictures of 117 tokens each, or 16 frames in pairs.
    expect(understanding.tokens.longest_visual).toBe(936)
    expect(coldStart.tokens.mean).toBeGreaterThan(understanding.tokens.mean)
    expect(reasoning).toMatchObject({
      kind: 'grpo',
      rows_per_step: 8,
      rows_per_batch: 1,
      branches_per_row: 4,
    })
    const grpo = reasoning.flops.grpo_per_completion ?? expect.fail('no GRPO')
    expect(grpo.alone).toBeGreaterThan(1.5 * grpo.shared_prompt)
    expect(reasoning.flops.step).toBeCloseTo(32 * grpo.shared_prompt, -6)
    expect(reasoning.flops.stage).toBe(2585 * reasoning.flops.step)
    // 60.1 GB of weights, gradients and optimizer, and a reference where there is one.
    for (const { memory } of stages) {
      const bf16 = memory.find(({ plan }) => plan === 'bf16, checkpointing') ?? expect.fail('no bf16')
      expect(bf16.weights + bf16.gradients + bf16.optimizer).toBe(16 * 3_754_622_976)
    }
    expect(reasoning.memory[0]).toMatchObject({ plan: 'bf16, checkpointing', chosen: true })
    expect(reasoning.memory[0].reference).toBe(2 * 3_754_622_976)
    expect(reasoning.memory[0].cache).toBeGreaterThan(2e9 / 8)
    expect(perception.memory[0].reference).toBe(0)
  })

  it('follows overrides, and the pixels a folder would say', () => {
    const stagesOf = (settings: string[], maxPixels?: number) =>
      estimate(recipe, { ...flags, set: settings, maxPixels }).stages ?? expect.fail('no stages')
    const before = stagesOf([])
    const changed = stagesOf([
      'stages.perception.gradient_accumulation_steps=8',
      'stages.reasoning.beta=0',
      'stages.reasoning.freeze_vision_modules=true',
    ])
    expect(changed[0].flops.step).toBeCloseTo(before[0].flops.step / 2, -6)
    // Half the batches are half the work, in the same memory; a batch of all rows takes more.
    expect(changed[0].memory[0].peak).toBe(before[0].memory[0].peak)
    const whole = stagesOf([
      'stages.perception.per_device_train_batch_size=16',
      'stages.perception.gradient_accumulation_steps=1',
    ])
    expect(whole[0].flops.step).toBeCloseTo(before[0].flops.step, -6)
    expect(whole[0].memory[0].activations).toBeGreaterThan(2 * before[0].memory[0].activations)
    expect(changed[3].memory[0].reference).toBe(0)
    expect(changed[3].memory[0].gradients).toBeLessThan(before[3].memory[0].gradients)
    const plain = stagesOf(['stages.perception.bf16=false', 'stages.perception.gradient_checkpointing=false'])
    expect(plain[0].memory[0]).toMatchObject({ plan: 'fp32', chosen: true, weights: 4 * 3_754_622_976 })
    expect(plain[0].memory).toHaveLength(5)
    expect(plain[0].flops.step).toBeLessThan(0.8 * before[0].flops.step)
    const adapters = stagesOf(['stages.perception.use_peft=true', 'stages.perception.lora_r=8'])
    expect(adapters[0].memory[0].plan).toBe('bf16, LoRA r=8, checkpointing')
    expect(adapters[0].memory[0].gradients).toBe((4 * 119_734_272) / 8)
    expect(adapters[0].flops.step).toBeLessThan(before[0].flops.step)
    // The hub's limit: 35 by 46 tokens a frame.
    expect(stagesOf([], 12_845_056)[0].tokens.longest_visual).toBe(35 * 46)
    expect(stagesOf(['model.max_pixels=12845056'])[0].tokens.longest_visual).toBe(35 * 46)
    // 2,352 pixels are three tokens: two of them in a frame of 4 to 3.
    expect(stagesOf(['model.min_pixels=784', 'model.max_pixels=2352'])[0].tokens.longest_visual).toBe(2)
  })
})

describe('other recipes', () => {
  it('micro: from the folder beside it, with its own pixels; three stages by Muon', () => {
    const result = estimate(inside('recipes/micro.yaml'), flags)
    expect(result.checkpoint).toMatchObject({ equal: true, parameters: 2_226_304 })
    expect(result.model.pixels).toEqual({ min: 784, max: 18_816 })
    expect(result.stages?.map(({ optim, tower_frozen }) => [optim, tower_frozen])).toEqual([
      ['muon', true],
      ['muon', true],
      ['muon', true],
      ['adamw_torch', true],
    ])
    const { tokens } = result.stages?.[0] ?? expect.fail('no stages')
    expect(tokens.longest_visual).toBe(6 * 4)
  })

  it('micro-base: sizes in the recipe, a vocabulary that is made', () => {
    const result = estimate(inside('recipes/micro-base.yaml'), flags)
    expect(result.model).toMatchObject({ source: 'fresh weights', folder: null })
    expect(result.parameters.visual).toBe(1_139_968)
    expect(result.assumed[0]).toContain('vocabulary')
    expect(result.stages?.map(({ name }) => name)).toEqual(['alignment', 'base'])
  })

  it('kinds of data by totals, else by quotas, else alike', () => {
    const processor = {
      patch_size: 14,
      temporal_patch_size: 2,
      merge_size: 2,
      min_pixels: 784,
      max_pixels: 18816,
    }
    const shares = (settings: string[]) =>
      kindsOf(readRecipe(inside('recipes/micro.yaml'), settings), processor as never).map(
        ({ share }) => share,
      )
    const dataset = 'data.train.dataset'
    const all = `${dataset}.data_types=[single_image, multi_view, video]`
    expect(shares([])).toEqual([1])
    expect(shares([all])).toEqual([1 / 3, 1 / 3, 1 / 3])
    expect(shares([all, `${dataset}.totals={single_image: 1, multi_view: 1, video: 2}`])).toEqual([
      0.25, 0.25, 0.5,
    ])
    expect(
      shares([`${dataset}.data_types=[single_image, video]`, `${dataset}.quotas={video/object_count: 30}`]),
    ).toEqual([0.5, 0.5])
    expect(() => shares([`${dataset}.data_types=[scene]`])).toThrow(
      /data_types: expected one of single_image/,
    )
  })

  it('texts: four characters a token, digits one each', () => {
    expect(textTokens('a chair and 123')).toBe(6)
  })
})

describe('models', () => {
  it('a folder: counted, compared with its weights, one sample', () => {
    const result = estimate(inside('src/vision-language/fixtures/tiny'), {
      ...flags,
      pictures: 2,
      maxPixels: 400,
    })
    expect(result.checkpoint).toMatchObject({ equal: true, parameters: result.parameters.total })
    expect(result.sample).toMatchObject({ pictures: 2, generations: 4 })
    expect(result.stages).toBeNull()
    expect(result.inference.map(({ plan }) => plan)).toEqual(['bf16', 'fp32'])
  })

  it('a folder without weights, or with those of another model, says so', () => {
    const folder = path.join(home, 'empty')
    fs.mkdirSync(folder)
    const config = JSON.parse(fs.readFileSync(inside('models/micro-base/config.json'), 'utf8'))
    fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config))
    const text = (): string => estimateText(estimate(folder, flags), 160)
    expect(text()).toContain(`weights: not in ${folder}`)
    fs.copyFileSync(inside('models/micro-base/model.safetensors'), path.join(folder, 'model.safetensors'))
    expect(text()).toContain('those of config.json')
    fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ ...config, num_hidden_layers: 6 }))
    expect(text()).toContain('12 missing (model.layers.5.input_layernorm.weight, …)')
  })

  it('a released model by its name; text only; an unknown name is refused', () => {
    const result = estimate('Qwen/Qwen2.5-VL-7B-Instruct', { ...flags, pictures: 0 })
    expect(result.parameters.total).toBe(8_292_166_656)
    expect(result.sample?.flops.forward.vision).toBe(0)
    expect(() => estimate('models/nothing', flags)).toThrow(
      'models/nothing: expected a model folder with config.json, or the name of Qwen2.5-VL-3B or -7B, got neither',
    )
  })
})

describe('the command', () => {
  it('prints tables, and no engine is loaded for them', () => {
    const { status, stdout, stderr } = spatialLadder(inside('recipes/spatialladder-3b.yaml'))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('│ total                        │ 3,754,622,976 │ 7.51 GB │ 15.0 GB │')
    for (const name of ['perception', 'understanding', 'cold-start', 'reasoning'])
      expect(stdout).toMatch(new RegExp(`│ ${name}: bf16, checkpointing +│ 7.51 GB │`))
    const script = `import('${inside('src/cli/estimate-result.ts')}').then(({ estimate }) => {
      estimate('${inside('recipes/micro.yaml')}', ${JSON.stringify(flags)})
      process.stdout.write(String(require('node:fs').readFileSync('/proc/self/maps', 'utf8').includes('libtorch')))
    })`
    const child = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
      encoding: 'utf8',
      cwd: repository,
    })
    expect(child.stdout).toBe('false')
  })

  it('prints one object with --json, whose keys are these', () => {
    const { stdout } = spatialLadder(
      'Qwen2.5-VL-3B',
      '--json',
      '--generations',
      '8',
      '--picture-size',
      '640x480',
    )
    const result = JSON.parse(stdout) as Estimate
    expect(Object.keys(result)).toEqual([
      'subject',
      'model',
      'parameters',
      'checkpoint',
      'inference',
      'sample',
      'stages',
      'assumed',
    ])
    expect(result.sample).toMatchObject({ generations: 8, tokens: { visual: 117, text: 250, answer: 300 } })
    expect(Object.keys(result.inference[0])).toEqual([
      'plan',
      'weights',
      'gradients',
      'optimizer',
      'activations',
      'logits',
      'update',
      'reference',
      'cache',
      'peak',
    ])
    const { alone, shared_prompt, shared_prompt_frozen_tower } =
      result.sample?.flops.grpo_per_completion ?? expect.fail('no GRPO')
    expect(alone).toBeGreaterThan(shared_prompt)
    expect(shared_prompt).toBeGreaterThan(shared_prompt_frozen_tower)
  })

  it.each([
    [['none.yaml'], 'none.yaml: expected a recipe, got no such file', 2],
    [['nowhere'], 'nowhere: expected a model folder with config.json', 1],
    [
      ['x', '--picture-size', 'big'],
      '--picture-size <size>: expected width and height, 1296x968, got big',
      2,
    ],
    [['x', '--pictures', '-1'], '--pictures <n>: expected a whole number from 0 to 1000', 2],
    [[], 'expected RECIPE|DIR, got nothing', 2],
  ])('says in one line what is wrong: %j', (args, line, code) => {
    const { status, stdout, stderr } = spatialLadder(...args)
    expect({ status, stdout }).toEqual({ status: code, stdout: '' })
    expect(stderr).toContain(line)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('writes work in units', () => {
    expect([4.5e12, 999.9e9, 12, 0].map(formatFlops)).toEqual([
      '4.50 TFLOP',
      '1.00 TFLOP',
      '12.0 FLOP',
      '0.00 FLOP',
    ])
  })
})
