import { describe, expect, it } from 'vitest'
import type { BenchmarkItem, PromptType, ProtocolName, Tally } from './benchmark.js'
import { sparBench } from './spar-bench.js'
import { SPAR_TASKS } from './spar-tasks.js'

const item = (type: string, answer: string, question = 'Which?'): BenchmarkItem => ({
  id: '0',
  row: 0,
  type,
  kind: SPAR_TASKS.get(type)?.kind ?? 'choice',
  scene: 'question 0',
  question,
  options: null,
  answer,
  media: [],
  fields: { img_type: 'single_view' },
})
const { official, paper, strict } = sparBench.protocols
const scoreOf = (one: BenchmarkItem, raw: string, name: ProtocolName, promptType: PromptType): number =>
  sparBench.protocols[name].judge(one, raw, { promptType }).score

describe('choices', () => {
  const relation = item('obj_spatial_relation_oo', 'A')

  // Recorded from the original function: official, then paper with reasoning.
  it.each([
    ['A', 1, 1],
    ['a', 1, 1],
    ['A. left', 1, 1],
    ['A)', 1, 1],
    ['(A)', 0, 0],
    ['', 1, 1],
    ['Answer: A', 1, 1],
    ['An apple', 1, 1],
    ['Because', 0, 0],
    ['None', 0, 0],
    ['<answer>A</answer>', 0, 1],
    ['<answer></answer>', 0, 1],
    ['<answer>B. x</answer>', 0, 0],
    [' A', 0, 0],
    ['The answer is A', 0, 0],
  ])('%j scores %d officially and %d in the paper', (raw, authors, upstream) => {
    expect(scoreOf(relation, raw, 'official', 'default')).toBe(authors)
    expect(scoreOf(relation, raw, 'paper', 'thinking')).toBe(upstream)
  })

  it('keep their tags when no reasoning was asked for, and are lost when the tag is not closed', () => {
    expect(scoreOf(relation, '<answer>A</answer>', 'paper', 'default')).toBe(0)
    expect(scoreOf(relation, '<answer>A', 'paper', 'thinking')).toBe(0)
  })

  it('are met within a longer target by any part of it, as the original has it', () => {
    const longer = item('position_matching', 'A. left')
    expect(scoreOf(longer, 'left', 'official', 'default')).toBe(1)
    expect(scoreOf(longer, 'A. left side', 'official', 'default')).toBe(0)
  })

  it('show the letter that was read; an empty answer is right but read as nothing', () => {
    const read = (raw: string): string | null =>
      official.judge(relation, raw, { promptType: 'default' }).parsed
    expect([read('b. right'), read('(A)'), read('')]).toEqual(['B', null, null])
  })

  it.each([
    ['(A)', 1],
    ['<answer>A</answer>', 1],
    [' A', 1],
    ['The answer is A', 1],
    ['', 0],
    ['<answer></answer>', 0],
    ['Because', 0],
  ])('%j scores %d strictly', (raw, score) =>
    expect(scoreOf(relation, raw, 'strict', 'thinking')).toBe(score),
  )
})

describe('numbers', () => {
  // Recorded from the original functions: target, single-view task, multi-view task.
  it.each([
    ['1.5', '1.5', 1, 1],
    ['about 1.5 meters', '1.5', 1, 1],
    ['2 then 1.5', '1.5', 0.4, 1],
    ['1.5 then 2', '1.5', 1, 0.4],
    ['-1.5', '1.5', 1, 1],
    ['1.5m^2', '1.5', 1, 1],
    ['m^2 1.5', '1.5', 1, 1],
    ['one', '1', 0, 0],
    ['', '1', 0, 0],
    ['.5', '0.5', 0, 0],
    ['0', '0', 1, 1],
    ['0.3', '0.0', 0.5, 0.5],
    ['0.5', '0.0', 0.1, 0.1],
    ['<answer>1.5</answer>', '1.5', 1, 1],
    ['1,5', '1.5', 0.4, 0],
  ])('%j for %s scores %d with one picture and %d with several', (raw, target, single, several) => {
    const [one, many] = [item('depth_prediction_oc', target), item('depth_prediction_oc_mv', target)]
    expect(scoreOf(one, raw, 'official', 'default')).toBe(single)
    expect(scoreOf(many, raw, 'official', 'default')).toBe(several)
    expect(scoreOf(one, raw, 'paper', 'thinking')).toBe(single)
    expect(scoreOf(many, raw, 'paper', 'thinking')).toBe(several)
  })

  it('are lost in the paper, not officially, when the tag is not closed', () => {
    for (const type of ['depth_prediction_oc', 'depth_prediction_oc_mv']) {
      expect(scoreOf(item(type, '1.5'), '<answer>1.5', 'official', 'default')).toBe(1)
      expect(scoreOf(item(type, '1.5'), '<answer>1.5', 'paper', 'thinking')).toBe(0)
    }
  })

  it.each([
    ['about 1.5 meters', '1.5', 1],
    ['one', '1', 1],
    ['-1.5', '1.5', 0],
    ['2 then 1.5', '1.5', 0],
    ['0.3', '0.0', 0],
    ['0', '0.0', 1],
    ['', '0.0', 0],
  ])('%j for %s scores %d strictly', (raw, target, score) =>
    expect(scoreOf(item('depth_prediction_oc', target), raw, 'strict', 'thinking')).toBe(score),
  )

  it('may have digits of any script, and show what was read', () => {
    const verdict = official.judge(item('depth_prediction_oc', '4'), '４ m', { promptType: 'default' })
    expect(verdict).toEqual({ score: 1, parsed: '４' })
    expect(official.judge(item('depth_prediction_oc', '4'), 'four', { promptType: 'default' }).parsed).toBe(
      null,
    )
  })
})

describe('camera movements', () => {
  const target = 'move_right:0.4,move_up:0.4,move_forward:2.4,rotate_up:5,rotate_right:60'
  const view = item('view_change_infer', target)
  const zeros = 'move_right:0,move_up:0,move_forward:0,rotate_up:0,rotate_right:0'

  // Recorded from the original function.
  it.each([
    [target, 1],
    [target.replaceAll(',', ', '), 0.26],
    ['move_right:0.4', 0.26],
    [target.replace('move_right', 'move_left'), 0.8],
    [target.replace('move_right:0.4', 'move_right:0.3'), 0.88],
    [target.replace('move_right:0.4', 'move_right:0.5'), 0.94],
    [zeros, 0.12],
    ['', 0],
    ['foo', 0],
    [`${target},`, 0],
    ['move_right:0.4m', 0],
    ['move_right:0.4:0.4', 0],
    [`move_right:0.5,${target}`, 1],
    [target.replaceAll(':', ': '), 1],
  ])('%j scores %d', (raw, score) => {
    expect(scoreOf(view, raw, 'official', 'default')).toBeCloseTo(score, 12)
    expect(scoreOf(view, raw, 'paper', 'thinking')).toBeCloseTo(score, 12)
  })

  it('without an amount are measured absolutely', () => {
    const small = item('view_change_infer', 'move_forward:0.3')
    expect(scoreOf(small, 'move_forward:0', 'official', 'default')).toBeCloseTo(0.9, 12)
  })

  it('in tags count in the paper only', () => {
    expect(scoreOf(view, `<answer>${target}</answer>`, 'official', 'default')).toBe(0)
    expect(scoreOf(view, `<answer>${target}</answer>`, 'paper', 'thinking')).toBe(1)
  })

  it.each([
    ['with blanks after the commas', target.replaceAll(',', ', '), 1],
    ['in tags', `<think>x</think><answer>${target}</answer>`, 1],
    [
      'with units and a sentence around',
      'The camera does move_right: 0.4 m, move_up: 0.4 m, move_forward: 2.4 meters, rotate_up: 5°, rotate_right: 60 degrees.',
      1,
    ],
    ['with errors relative to the truth', target.replace('move_right:0.4', 'move_right:0.3'), 0.9],
    ['in another unit', target.replace('0.4', '40cm'), 0],
    ['with two amounts for one movement', `move_right:0.5,${target}`, 0],
    ['with none', 'to the right', 0],
    ['empty', '', 0],
  ])('are read strictly as a person would: %s', (_, raw, score) =>
    expect(scoreOf(view, raw, 'strict', 'thinking')).toBeCloseTo(score, 12),
  )

  it('that cannot be read strictly are counted as such', () => {
    expect(strict.judge(view, 'to the right', { promptType: 'default' }).parsed).toBeNull()
    expect(strict.judge(view, 'move_right: 0.4', { promptType: 'default' }).parsed).toBe('move_right:0.4')
  })
})

it('takes 100 tokens without sampling for the authors', () => {
  const how = { promptType: 'default', family: 'local' } as const
  expect(official.media).toEqual({})
  expect(official.generation(how)).toEqual({ max_new_tokens: 100, temperature: 0, defaults: 'checkpoint' })
  expect([official.missing, paper.missing, strict.missing]).toEqual(['wrong', 'left out', 'wrong'])
})

describe('averages', () => {
  const tasks = [
    'camera_motion_infer',
    'depth_prediction_oc',
    'depth_prediction_oc_mv',
    'depth_prediction_oo',
    'depth_prediction_oo_mv',
    'distance_infer_center_oo',
    'distance_infer_center_oo_mv',
    'distance_prediction_oc',
    'distance_prediction_oc_mv',
    'distance_prediction_oo',
    'distance_prediction_oo_mv',
    'obj_spatial_relation_oc_mv',
    'obj_spatial_relation_oo',
    'obj_spatial_relation_oo_mv',
    'position_matching',
    'spatial_imagination_oc',
    'spatial_imagination_oc_mv',
    'spatial_imagination_oo',
    'spatial_imagination_oo_mv',
    'view_change_infer',
  ]
  const published = (scores: readonly number[]): Tally[] =>
    tasks.map((type, i) => ({
      type,
      fields: { img_type: 'single_view' },
      sum: scores[i] * (i + 1),
      n: 100 * (i + 1),
    }))
  const qwen = [
    24.75, 32.19, 36.06, 20.0, 15.43, 59.41, 55.95, 42.85, 26.52, 25.48, 21.21, 45.5, 52.2, 38.23, 42.75,
    33.33, 32.56, 29.8, 33.61, 8.47,
  ]
  const spatialR1 = [
    40.0, 36.14, 35.16, 15.4, 19.25, 62.35, 61.61, 40.13, 35.07, 36.97, 29.16, 52.25, 51.92, 46.81, 38.68,
    37.9, 36.05, 24.83, 34.17, 17.23,
  ]

  it('are over tasks officially: published task scores give the published whole', () => {
    expect(official.average(published(qwen)).overall).toBeCloseTo(0.33815, 10)
    expect(official.average(published(spatialR1)).overall).toBeCloseTo(0.37554, 10)
  })

  it('leave view_change_infer out of the official Medium, not of the whole nor of the strict one', () => {
    expect(official.average(published(qwen)).groups.Medium).toBeCloseTo((0.2475 + 0.4275) / 2, 10)
    expect(strict.average(published(qwen)).groups.Medium).toBeCloseTo((0.2475 + 0.4275 + 0.0847) / 3, 10)
    expect(strict.average(published(qwen)).overall).toBeCloseTo(0.33815, 10)
    expect(official.average(published(qwen)).groups.Low).toBeCloseTo(0.274675, 10)
    const alone: Tally[] = [{ type: 'view_change_infer', fields: {}, sum: 1, n: 2 }]
    expect(official.average(alone)).toEqual({ overall: 0.5, groups: { Low: null, Medium: null, High: null } })
  })

  it('are over questions in the paper, also for one and for several pictures', () => {
    const tally = (type: string, img_type: string, sum: number, n: number): Tally => ({
      type,
      fields: { img_type },
      sum,
      n,
    })
    const { overall, groups } = paper.average([
      tally('depth_prediction_oc', 'single_view', 1, 4),
      tally('depth_prediction_oc_mv', 'multi_view', 3, 4),
      tally('position_matching', 'multi_view', 1, 2),
      tally('view_change_infer', 'multi_view', 2, 8),
      tally('spatial_imagination_oo', 'single_view', 1, 1),
    ])
    expect(overall).toBeCloseTo(8 / 19, 12)
    expect(groups).toEqual({
      Low: 0.5,
      Medium: 0.3,
      High: 1,
      single_view: 0.4,
      'single_view Low': 0.25,
      'single_view Medium': null,
      'single_view High': 1,
      multi_view: 6 / 14,
      'multi_view Low': 0.75,
      'multi_view Medium': 0.3,
      'multi_view High': null,
    })
    expect(paper.tallied).toEqual(['img_type'])
  })
})

describe('prompts', () => {
  const ask = (
    name: ProtocolName,
    one: BenchmarkItem,
    promptType: PromptType,
    family: 'local' | 'api' = 'local',
  ) => sparBench.protocols[name].prompt(one, { promptType, family })
  const depth = item('depth_prediction_oc', '1.5', 'How deep?')
  const relation = item('obj_spatial_relation_oo', 'A', 'Which?\nA. x\nB. y')
  const matching = item('position_matching', 'A', 'Where?')
  const view = item('view_change_infer', 'move_right:1', 'How?')

  it('are the authors’ to the byte', () => {
    expect(ask('official', depth, 'default')).toBe(
      '\nHow deep?\nPlease answer the question using a single word or phrase.',
    )
    expect(ask('official', depth, 'default', 'api')).toBe(
      '\nHow deep?\nDo not response anything other than a single number!',
    )
    expect(ask('official', relation, 'default')).toBe(
      "\nWhich?\nA. x\nB. y\n\nAnswer with the option's letter from the given choices directly.",
    )
    expect(ask('official', matching, 'default')).toBe(
      "\nWhere?\nThe values represent the bounding box coordinates normalized to a 0-1000 scale, with the top-left corner as the origin of the image.\nAnswer with the option's letter from the given choices directly.",
    )
    expect(ask('official', view, 'default')).toBe('\nHow?\n\n')
  })

  it('are the paper’s to the byte: three line breaks where a choice says nothing of boxes', () => {
    expect(ask('paper', depth, 'default')).toBe(
      'Question: How deep?\n\nPlease answer the question using a numerical value (e.g., 42 or 3.1) directly.',
    )
    expect(ask('paper', relation, 'default')).toBe(
      "Question: Which?\nA. x\nB. y\n\n\nPlease answer with the option's letter from the given choices directly.",
    )
    expect(ask('paper', { ...matching, type: 'camera_motion_infer' }, 'default')).toBe(
      "Question: Where?\n\nThe values represent the bounding box coordinates normalized to a 0-1000 scale, with the top-left corner as the origin of the image.\nPlease answer with the option's letter from the given choices directly.",
    )
    expect(ask('paper', view, 'default')).toBe('Question: How?\n\nPlease output the answer directly.')
    const think =
      "\nPlease think about this question as if you were a human pondering deeply. Engage in an internal dialogue using expressions such as 'let me think', 'wait', 'Hmm', 'oh, I see', 'let's break it down', etc, or other natural language thought expressions It's encouraged to include self-reflection or verification in the reasoning process. \n\n"
    const reasoned =
      'Please provide your detailed reasoning between the <think> </think> tags, and then answer the question'
    expect(ask('paper', view, 'thinking')).toBe(
      `Question: How?${think}${reasoned} simply within the <answer> </answer> tags.`,
    )
    expect(ask('paper', depth, 'thinking')).toBe(
      `Question: How deep?${think}${reasoned} with a numerical value (e.g., 42 or 3.1) within the <answer> </answer> tags.`,
    )
    expect(ask('paper', matching, 'thinking')).toContain(
      `process. \n\nThe values represent the bounding box coordinates normalized to a 0-1000 scale, with the top-left corner as the origin of the image.\n${reasoned} with the option's letter from the given choices (e.g., A, B, etc.) within the <answer> </answer> tags.`,
    )
  })

  it('are answered in 100 tokens greedily for the authors, in 1,024 or 128 for the paper', () => {
    const how = { promptType: 'default', family: 'local' } as const
    expect(official.generation(how)).toMatchObject({ max_new_tokens: 100, temperature: 0 })
    expect(paper.generation(how)).toMatchObject({ max_new_tokens: 128, temperature: 0.01 })
    expect(paper.generation({ ...how, promptType: 'thinking' }).max_new_tokens).toBe(1024)
    expect([official.missing, paper.missing, strict.missing]).toEqual(['wrong', 'left out', 'wrong'])
  })
})
