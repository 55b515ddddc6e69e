import { expect, it } from 'vitest'
import { checkRow } from './rows.js'

const spatial = {
  question_id: 160,
  question: "From the camera's perspective, is the chair to the radiator's left, right, front, or back?",
  options: ['A. left', 'B. right', 'C. front', 'D. back'],
  answer: 'B',
  image: ['scene0055_00/1070.jpg'],
  question_type: 'relative direction',
  data_type: 'single_image',
}
const grounding = {
  question_id: 160,
  question: spatial.question,
  answer: [
    { bbox_2d: [1048, 82, 1296, 773], label: 'chair' },
    { bbox_2d: [81, 536, 736, 781], label: 'radiator' },
  ],
  image: spatial.image,
  data_type: 'single_image',
}
const cold = {
  question_id: 7,
  prompt: 'Question: …',
  solution: '<think>It is long.</think>\n<answer>110</answer>',
  image: spatial.image,
  data_type: 'single_image',
}
const chat = {
  id: 'a',
  images: ['1.jpg', '2.jpg'],
  messages: [
    { role: 'user', content: '<image><image>Which is nearer?' },
    { role: 'assistant', content: 'The first.' },
  ],
}
const llava = {
  image: '1.jpg',
  conversations: [
    { from: 'human', value: '<image>\nWhat is this?' },
    { from: 'gpt', value: 'A chair.' },
  ],
}
const benchmark = {
  id: 3,
  dataset: 'scannet',
  scene_name: 'scene0011_00',
  question_type: 'object_counting',
  question: 'How many chair(s) are in this room?',
  ground_truth: '4',
  options: null,
  images: ['20.jpg', '40.jpg'],
}
const qwen = {
  images: ['1.jpg'],
  messages: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'What is this?' }] }],
}

it.each([
  ['spatial', spatial, 'spatial/160'],
  ['grounding', grounding, 'grounding/160'],
  ['cold start', cold, 'cold start/7'],
  ['SPBench', benchmark, 'SPBench multi_view/3'],
  ['chat', chat, 'chat/a'],
  ['chat', llava, null],
  ['chat', qwen, null],
])('a whole row of the kind %s has nothing wrong with it', (kind, row, id) => {
  expect(checkRow(row)).toMatchObject({ kind, problems: [], id })
})

it('knows what a room may bear out, and by which names pictures go', () => {
  expect(checkRow(benchmark)).toMatchObject({
    images: ['scene0011_00/20.jpg', 'scene0011_00/40.jpg'],
    asked: {
      scene_name: 'scene0011_00',
      question_type: 'object count',
      data_type: 'multi_view',
      evidence: null,
    },
  })
  expect(checkRow(spatial).asked).toMatchObject({ scene_name: 'scene0055_00', answer: 'B' })
  for (const row of [cold, chat, { ...spatial, image: ['1.jpg'] }]) expect(checkRow(row).asked).toBeNull()
})

it('a question and its boxes are twins by their id', () => {
  const [one, other] = [checkRow(spatial).twin, checkRow(grounding).twin]
  expect(one).toEqual({ ...other, side: 'question' })
  expect(checkRow({ ...grounding, image: ['scene0055_00/1.jpg'] }).twin?.alike).not.toBe(one?.alike)
})

it('a number is an answer without options; rows that ask the same have the same key', () => {
  const size = { ...spatial, options: null, answer: '110' }
  expect(checkRow(size).problems).toEqual([])
  expect(checkRow({ ...spatial, question_id: 161 }).key).toBe(checkRow(spatial).key)
  expect(checkRow(grounding).key).not.toBe(checkRow(spatial).key)
})

it.each([
  [{ ...spatial, answer: 'E' }, 'answer: expected one of A, B, C, D, got "E"'],
  [{ ...spatial, answer: 'B. right' }, 'answer: expected one of A, B, C, D, got "B. right"'],
  [{ ...spatial, options: null, answer: 'about 4' }, 'answer: expected a number, got "about 4"'],
  [{ ...spatial, options: ['A. left', 'right'] }, 'options.1: expected one that begins B., got "right"'],
  [{ ...spatial, options: ['A. left', 'B. left'] }, 'options: expected different texts, got one twice'],
  [{ ...spatial, image: [] }, 'image: expected 1 for single_image, got 0'],
  [{ ...spatial, question: undefined }, 'question: expected string, got undefined'],
  [
    { ...grounding, answer: [{ bbox_2d: [5, 5, 5, 9], label: 'x' }] },
    'answer.0.bbox_2d: expected [x1, y1, x2, y2] with x1 < x2 and y1 < y2, got [5,5,5,9]',
  ],
  [{ ...grounding, answer: [{ bbox_2d: [1, 2, 3], label: 'x' }] }, /answer\.0\.bbox_2d: /],
  [
    { ...cold, solution: 'The answer is 110.' },
    'solution: expected <think>…</think><answer>…</answer>, got another form',
  ],
  [{ ...chat, images: ['1.jpg'] }, 'images: expected 2, one per placeholder, got 1'],
  [
    { ...llava, conversations: [{ from: 'human', value: 'What is this?' }] },
    'images: expected 0, one per placeholder, got 1',
  ],
  [
    {
      ...chat,
      messages: [
        { role: 'user', content: '<image><image>Which?\nA. left\nB. right' },
        { role: 'assistant', content: '<answer>C</answer>' },
      ],
    },
    'message 1: expected one of A, B, got "C"',
  ],
  [
    {
      ...llava,
      conversations: [
        { from: 'human', value: '<image>' },
        { from: 'gpt', value: ' ' },
      ],
    },
    'message 1: expected an answer, got an empty one',
  ],
  [
    { ...llava, conversations: [{ from: 'gpt', value: '<image>Yes.' }] },
    'messages: expected a question, got none',
  ],
  [{ ...llava, conversations: [{ value: '<image>' }] }, 'conversations.0: expected role or from'],
  [{ ...benchmark, ground_truth: 'many' }, 'answer: expected a number, got "many"'],
  [{ ...benchmark, scene_name: '' }, /^scene_name: /],
  [{ ...spatial, data_type: 'multi_view' }, 'image: expected 2 or more for multi_view, got 1'],
  [{ ...spatial, data_type: 'photo' }, /^data_type: /],
  [{ messages: [] }, /messages: /],
  [[1], 'row: expected an object, got a list'],
  [7, 'row: expected an object, got another value'],
])('%j says what is wrong', (row, problem) => {
  const { problems } = checkRow(row)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(problem)
})
